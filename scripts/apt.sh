# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What scripts that call apt-get share.

# Each try is short, since retry() begins again where a download broke off
apt_options=(-q -o Acquire::Retries=0)

# Prints the line of what apt-get said by which the network was at fault, if it was
network_fault() { # FILE
	grep -Em 1 '[Rr]esolv|[Cc]onnect|unreachable|timed out|[Tt]imeout|Proxy Auth|^E: .* 50[0-9] ' "$1"
}

# Runs an apt-get that writes what it says to a file, again if the network was at fault
retry() { # FILE COMMAND...
	local file=$1 status pause
	shift
	for pause in 2 5 end; do
		status=0
		"$@" || status=$?
		[ $status != 0 ] && [ $pause != end ] && network_fault "$file" >/dev/null || return $status
		sleep $pause
		: >"$file"
	done
}

# Prints what apt-get said, or the one thing that matters of it
explain_apt() { # FILE
	local fault
	if fault=$(network_fault "$1"); then
		echo "Debian's archive cannot be reached:" \
			"$(sed -E 's/^ *([A-Z][a-z]*:[0-9]*)? *//' <<<"$fault")"
		echo "Check the network; a proxy is set by http_proxy= or, for good, by" \
			"'Acquire::http::Proxy \"http://HOST:PORT\";' in a file in /etc/apt/apt.conf.d"
	else
		tail -n 15 "$1"
	fi
}

# "1 package", "2 packages"
count() { # NUMBER NOUN
	echo "$1 $2$([ "$1" = 1 ] || echo s)"
}
