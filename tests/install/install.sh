#!/usr/bin/env bash
# Installs into an empty folder and uses what lies there as a stranger would: by pkg-config, shared and
# static, by CMake, with gcc and with clang.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
make -s install BUILD="${GRADUS_BUILD:-build/release}" DESTDIR="$stage" PREFIX=/opt/gradus > "$stage/log"
prefix=$stage/opt/gradus
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig LD_LIBRARY_PATH=$prefix/lib

number=0 failures=0

# expect NAME COMMAND...: one test; the command's output is shown.
expect() {
    local name=$1 verdict=ok
    shift
    "$@" || { verdict="not ok"; failures=$((failures + 1)); }
    number=$((number + 1))
    echo "$verdict $number - $name"
}

has_all_files() {
    (cd "$prefix" && ls bin/gradus include/gradus/gradus.h lib/libgradus.a lib/libgradus.so lib/libgradus.so.0 \
        lib/pkgconfig/gradus.pc lib/cmake/gradus/gradus-config.cmake) &&
        diff <(cd include/gradus && ls) <(cd "$prefix/include/gradus" && ls)
}

has_the_version() {
    diff <(pkg-config --modversion gradus) \
        <(awk '/define GD_VERSION_/ { v = v dot $3; dot = "." } END { print v }' include/gradus/base.h)
}

# learns_xor FLAG...: examples/xor.c compiles silently and prints what notebook 003 prints.
learns_xor() {
    rm -f "$stage/xor"
    "$@" && "$stage/xor" > "$stage/output" && diff tests/install/xor.expected "$stage/output"
}

compile() {
    "$1" -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Werror examples/xor.c -o "$stage/xor" "${@:2}"
}

compile_static() {
    mkdir -p "$stage/static"
    cp "$prefix/lib/libgradus.a" "$stage/static/" # alone: beside libgradus.so the linker takes that
    compile gcc -L"$stage/static" $(pkg-config --static --cflags --libs gradus) &&
        ! ldd "$stage/xor" | grep libgradus
}

compile_by_cmake() {
    mkdir -p "$stage/user"
    cp examples/xor.c "$stage/user/"
    cat > "$stage/user/CMakeLists.txt" << 'END'
cmake_minimum_required(VERSION 3.18)
project(user C)
find_package(gradus 0.1 REQUIRED)
add_executable(xor xor.c)
target_link_libraries(xor gradus::gradus)
END
    cmake -S "$stage/user" -B "$stage/user" -DCMAKE_PREFIX_PATH="$prefix" --log-level=WARNING > /dev/null &&
        cmake --build "$stage/user" > /dev/null && cp "$stage/user/xor" "$stage/xor"
}

expect "all files are in place" has_all_files
expect "gradus.pc has the version of base.h" has_the_version
expect "xor.c with gcc" learns_xor compile gcc $(pkg-config --cflags --libs gradus)
if command -v clang > /dev/null; then
    expect "xor.c with clang" learns_xor compile clang $(pkg-config --cflags --libs gradus)
fi
expect "xor.c linked statically" learns_xor compile_static
expect "xor.c by CMake" learns_xor compile_by_cmake
exit $((failures > 0))
