#!/usr/bin/env bash
# A room includes only from the floors below it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

# Each room, and the rooms whose inner headers it may include besides its own. The public headers
# (gradus/...) are open to all. A room that is not listed is a fault.
rooms='
base
tensor    base
op        base tensor
cpu       base tensor op
autograd  base tensor op cpu
compile   base tensor op cpu autograd
nn        base tensor op cpu autograd compile
optim     base tensor op cpu autograd compile nn
io        base tensor
data      base tensor op cpu io
train     base tensor op cpu autograd compile nn optim io data
check     base tensor op cpu autograd compile nn optim io data train
explain   base tensor op cpu autograd compile nn optim io data train check
cli
'

grep -rHo '^ *# *include *["<][^">]*[">]' src --include='*.c' --include='*.h' --include='*.inc' |
    awk -F '[:"<>]' -v rooms="$rooms" '
    BEGIN {
        count = split(rooms, line, "\n")
        for (i = 1; i <= count; i++)
            if (split(line[i], name, " ")) allowed[name[1]] = " gradus " line[i] " "
    }
    {
        split($1, path, "/"); split($3, included, "/"); room = path[2]
        if (/</ && !(included[1] in allowed)) next # a header of the system, or <gradus/...>
        if ($3 !~ /\//) next # of the same folder
        if (!(room in allowed)) fault = "the room " room " is not in the table of tests/tree/rooms.sh"
        else if (index(allowed[room], " " included[1] " ")) next
        else fault = "the room " room " may not include \"" $3 "\""
        print $1 ": " fault
        faults++
    }
    END { exit faults > 0 }'
