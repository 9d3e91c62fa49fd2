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

add_custom_target(bench)
file(GLOB sources CONFIGURE_DEPENDS bench/*.c)
foreach(source IN LISTS sources)
    get_filename_component(name ${source} NAME_WE)
    add_executable(bench_${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(bench_${name} PRIVATE gradus_static gradus_internal)
    set_target_properties(bench_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY bench)
    add_dependencies(bench bench_${name})
endforeach()
