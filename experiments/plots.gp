# SPDX-License-Identifier: GPL-2.0-only
#
# The plots of docs/answer.md:
#   gnuplot -e "data='DIR'; out='DIR'; type='svg'" experiments/plots.gp
#
# Lines differ in dashes and marks, not in colour: they are read in print as well.
# The .dat files are written by `edudma report --plots`; their first line names the
# columns.

if (type eq 'svg') set terminal svg size 800,500 font 'sans-serif,13' background 'white'
if (type eq 'png') set terminal pngcairo size 800,500 font 'sans-serif,11' background 'white'

set datafile missing '?'
set key outside right top Left reverse samplen 4 spacing 1.2
set grid ytics xtics lc rgb '#d0d0d0' lt 1 lw 0.5
set border 3
set tics nomirror
set logscale x 2
set xlabel 'size of the buffer'

# Lines that coincide show by their marks: a small one in a large one
set style line 1 lc rgb 'black' dt 1 lw 1.5 pt 7 ps 0.8
set style line 2 lc rgb 'black' dt 2 lw 1.5 pt 6 ps 1.7
set style line 3 lc rgb 'black' dt 3 lw 1.5 pt 4 ps 2.2
set style line 4 lc rgb '#606060' dt 4 lw 1.5 pt 5 ps 0.8
set style line 5 lc rgb '#606060' dt 5 lw 1.5 pt 8 ps 1.5
set style line 6 lc rgb '#606060' dt 1 lw 1.5 pt 9 ps 0.9
set style line 7 lc rgb '#909090' dt 2 lw 1.5 pt 11 ps 1.2

sizes = "('64 B' 64, '1 KiB' 1024, '4 KiB' 4096, '16 KiB' 16384, '64 KiB' 65536, \
	'256 KiB' 262144, '1 MiB' 1048576, '4 MiB' 4194304, '16 MiB' 16777216, '64 MiB' 67108864)"
eval 'set xtics '.sizes.' rotate by -40'

plotted(name) = data.'/'.name.'.dat'

set output out.'/allocation.'.type
set title 'What it takes to allocate and free a buffer'
set ylabel 'time'
set logscale y
set ytics ('1 us' 1e3, '10 us' 1e4, '100 us' 1e5, '1 ms' 1e6, '10 ms' 1e7, '100 ms' 1e8, '1 s' 1e9)
set xrange [48:9e7]
set yrange [1e3:1e9]
plot plotted('allocation') using 1:4 with linespoints ls 1 title 'vmalloc', \
	'' using 1:5 with linespoints ls 2 title 'vmalloc\_huge', \
	'' using 1:7 with linespoints ls 3 title 'dma\_alloc\_coherent', \
	'' using 1:3 with linespoints ls 4 title 'kvmalloc', \
	'' using 1:6 with linespoints ls 5 title 'alloc\_pages', \
	'' using 1:2 with linespoints ls 6 title 'kmalloc'

set output out.'/segments.'.type
set title 'Pieces of a buffer, for the device'
set ylabel 'segments'
set xrange [3300:1.3e6]
set yrange [0.8:1000]
set ytics autofreq
plot plotted('segments') using 1:6 with linespoints ls 1 title 'vmalloc', \
	'' using 1:8 with linespoints ls 3 title 'vmalloc, behind an IOMMU', \
	'' using 1:10 with linespoints ls 2 title 'dma\_alloc\_coherent', \
	'' using 1:3 with linespoints ls 6 title 'kmalloc'

set output out.'/throughput.'.type
set title 'Throughput from the device into memory (edu-sg: in real time)'
set ylabel 'throughput (bytes per second)'
set yrange [1e4:1e11]
set ytics ('10 kB/s' 1e4, '100 kB/s' 1e5, '1 MB/s' 1e6, '10 MB/s' 1e7, '100 MB/s' 1e8, \
	'1 GB/s' 1e9, '10 GB/s' 1e10)
plot plotted('throughput') using 1:6 with linespoints ls 6 title 'edu-sg: kmalloc', \
	'' using 1:8 with linespoints ls 4 title 'edu-sg: coherent', \
	'' using 1:7 with linespoints ls 5 title 'edu-sg: vmalloc', \
	'' using 1:2 with linespoints ls 1 title 'edu: kmalloc', \
	'' using 1:4 with linespoints ls 2 title 'edu: coherent', \
	'' using 1:5 with linespoints ls 3 title 'edu: vmalloc, IOMMU', \
	'' using 1:3 with linespoints ls 7 title 'edu: vmalloc'

set output out.'/fragments.'.type
set title 'Requests that fail in fragmented memory'
set ylabel 'failed (%)'
unset logscale y
set xrange [3300:5.2e6]
set yrange [-3:103]
set ytics autofreq
plot plotted('fragments') using 1:3 with linespoints ls 1 title 'kmalloc', \
	'' using 1:5 with linespoints ls 2 title 'kvmalloc', \
	'' using 1:6 with linespoints ls 3 title 'vmalloc'
