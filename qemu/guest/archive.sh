# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Gets packages out of Debian's archive without installing them. They stay in
# the user's cache.

cache=$("$(dirname "${BASH_SOURCE[0]}")/../../scripts/paths" cache) || exit 1

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../scripts" && pwd)
# shellcheck source=scripts/room.sh
source "$scripts/room.sh"
# shellcheck source=scripts/apt.sh
source "$scripts/apt.sh"

# As root, apt would warn that its own user cannot write where we can
apt() {
	local command=(apt-get "${apt_options[@]}" -q) said status=0
	[ "$(id -u)" != 0 ] || command+=(-o APT::Sandbox::User=root)
	mkdir -p "$cache" && said=$(mktemp "$cache/apt.XXXXXX") || return 1
	retry "$said" apt_to "$said" "${command[@]}" "$@" || status=$?
	[ ! -s "$said" ] || explain_apt "$said" >&2
	rm -f "$said"
	return $status
}

apt_to() { # FILE COMMAND...
	"${@:2}" 2>"$1"
}

# apt as the host is configured
host_apt() {
	apt "${host_lists[@]}" "$@"
}
host_lists=()

# The host's package lists may be missing or too old, and only root can update them
use_own_lists() {
	local lists=$cache/apt/host/lists
	[ ${#host_lists[@]} = 0 ] || return 0
	say "package lists of this machine's Debian"
	mkdir -p "$lists/partial" || return 1
	host_lists=(-o Dir::State::lists="$lists")
	host_apt update >&2
}

need_apt() { # WHAT
	command -v apt-get >/dev/null || die "$1 is taken from Debian's archive, which needs apt"
}

cached_package() { # PACKAGE[=VERSION]
	local name=${1/=/_}
	compgen -G "$cache/${name//:/%3a}_*.deb" | sed -n '$p'
}

# Prints the path of a package's file in the cache, downloading it if need be
fetch_package() { # PACKAGE[=VERSION]
	local new
	if ! cached_package "$1" >/dev/null; then
		need_room "$cache" 300 XDG_CACHE_HOME
		new=$(mktemp -d "$cache/new.XXXXXX") || return 1
		say "downloading ${1%=*}"
		(cd "$new" && host_apt download "$1") >&2 && mv "$new"/*.deb "$cache" || {
			rm -rf "$new"
			return 1
		}
		rmdir "$new"
	fi
	touch "$(cached_package "$1")"
	cached_package "$1"
}

# Prints the path of the package with the image and the modules of a kernel release
archive_kernel() { # RELEASE [VERSION]
	command -v apt-get >/dev/null || return 1
	fetch_package "linux-image-$1${2:+=$2}" || fetch_package "linux-image-$1-unsigned${2:+=$2}"
}

# Writes a kernel's image, which comes early in its package, and says whether that worked
unpack_image() { # PACKAGE FILE
	{ dpkg-deb --fsys-tarfile "$1" 2>/dev/null || true; } |
		tar -xO --occurrence=1 --wildcards '*/vmlinuz*' >"$2" && [ -s "$2" ]
}
