# The gradus command, the examples and the benchmarks.

# The command carries the library within it, so that it runs wherever it is put. It sees the public headers
# alone, as any user would.
file(GLOB sources CONFIGURE_DEPENDS src/cli/*.c)
if(sources)
    add_executable(gradus ${sources})
    target_link_libraries(gradus PRIVATE gradus_static)
endif()

# Examples use the shared library, as a user's program does. Each lies in the build's folder as in the tree.
file(GLOB_RECURSE sources RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS examples/*.c)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    get_filename_component(folder ${source} DIRECTORY)
    add_executable(example_${name} ${source})
    target_link_libraries(example_${name} PRIVATE gradus_shared m)
    set_target_properties(example_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${folder})
endforeach()

# The benchmarks: a program for each folder of bench/ with C files. Gradus's own stands on the library; what it is held against
# is built for this machine.
add_custom_target(bench)
add_library(bench_common OBJECT EXCLUDE_FROM_ALL bench/common/serve.c)
target_include_directories(bench_common PUBLIC bench)
function(add_bench name)
    file(GLOB sources CONFIGURE_DEPENDS bench/${name}/*.c)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(bench_${name} PRIVATE bench_common ${ARGN})
    set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY bench)
    add_dependencies(bench bench_${name})
endfunction()
add_bench(gradus gradus_static)
add_bench(startup gradus_shared)
add_bench(nothing)
add_bench(plain m)
add_bench(limits ${CMAKE_DL_LIBS})
foreach(name plain limits)
    target_compile_options(bench_${name} PRIVATE -O3 -march=native -ffp-contract=fast)
endforeach()
pkg_check_modules(FANN QUIET IMPORTED_TARGET fann)
if(FANN_FOUND)
    add_bench(fann PkgConfig::FANN)
endif()
if(TARGET gradus)
    add_dependencies(bench gradus) # whose memory is measured
endif()
