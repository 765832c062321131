# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# Gets a kernel out of Debian's archive without installing its package, which
# stays in the user's cache.

cache=$("$(dirname "${BASH_SOURCE[0]}")/../../scripts/paths" cache) || exit 1

# As root, apt would warn that its own user cannot write where we can
apt() {
	local options=(-qq)
	[ "$(id -u)" != 0 ] || options+=(-o APT::Sandbox::User=root)
	apt-get "${options[@]}" "$@"
}

# Prints the path of a package's file in the cache, downloading it if need be
fetch_package() { # PACKAGE[=VERSION]
	local about name size hash file new
	about=$(apt --print-uris download "$1" 2>/dev/null |
		sed -nE "s/^'[^']*' ([^ ]+) ([0-9]+) [^:]*:([0-9a-f]{16}).*/\1 \2 \3/p")
	if [ -z "$about" ]; then
		# without package lists, what was fetched before will do
		compgen -G "$cache/${1/=/_}_*.deb" | sed -n '$p' | grep .
		return
	fi
	read -r name size hash <<<"$about"
	file=$cache/${name%.deb}_$hash.deb
	if [ ! -e "$file" ]; then
		say "downloading $name ($((size / 1000000)) MB)"
		mkdir -p "$cache"
		new=$(mktemp -d "$cache/new.XXXXXX")
		(cd "$new" && apt download "$1") >&2 && mv "$new/$name" "$file" ||
			{ rm -rf "$new"; return 1; }
		rmdir "$new"
	fi
	echo "$file"
}

headers_version() { # RELEASE
	dpkg-query -W -f '${Version}' "linux-headers-$1" 2>/dev/null || true
}

# Prints the path of the package with the image and the modules of a kernel release
archive_kernel() { # RELEASE
	local version package
	version=$(headers_version "$1")
	for package in "linux-image-$1" "linux-image-$1-unsigned"; do
		! fetch_package "$package${version:+=$version}" || return 0
	done
	return 1
}

# Prints the path of the image of a kernel release, unpacked below $BUILD
archive_image() { # RELEASE
	local version file image=$BUILD/kernel-$1/vmlinuz
	version=$(headers_version "$1")
	if [ "$(cat "$image.version" 2>/dev/null)" != "$version" ]; then
		file=$(archive_kernel "$1") || return 1
		mkdir -p "$BUILD/kernel-$1"
		rm -f "$image.version"
		dpkg-deb --fsys-tarfile "$file" | tar -xO "./boot/vmlinuz-$1" >"$image" || return 1
		echo "$version" >"$image.version"
	fi
	echo "$image"
}
