# SPDX-License-Identifier: GPL-2.0-only
#
# Turns what the UAPI's kernel-doc says of errnos into a table: a line for each
# struct, with those that its "Errors:" paragraph names.
/^ \* struct edudma_[a-z_]+ - /	{ name = $3 }
/^ \* Errors:/			{ errors = 1; sub(/Errors:/, "") }
errors {
	gsub(/\([^)]*\)/, "")
	line = line $0
	if (/\.$/) {
		gsub(/[*.]/, "", line)
		print "\t{ \"" name "\", { " line " } },"
		errors = 0
		line = ""
	}
}
