# libgradus.a and libgradus.so, of the same objects: each file is compiled once, each kernel once an
# instruction set.
file(GLOB sources CONFIGURE_DEPENDS src/*/*.c)
list(FILTER sources EXCLUDE REGEX "/src/cli/")
file(GLOB kernels CONFIGURE_DEPENDS src/cpu/kernels/*.c)

# gradus_internal: what the library's files are compiled with, and the tests, which look inside.
add_library(gradus_internal INTERFACE)
target_include_directories(gradus_internal INTERFACE include src)
target_link_libraries(gradus_internal INTERFACE gradus_needs)

add_library(gradus_objects OBJECT ${sources})
target_link_libraries(gradus_objects PRIVATE gradus_internal)
set(objects $<TARGET_OBJECTS:gradus_objects>)

# The files that choose among the kernels know which there are.
set(known_kernels "")
foreach(isa IN LISTS instruction_sets)
    string(TOUPPER ${isa} ISA)
    list(APPEND known_kernels GD__HAVE_${ISA})
    if(kernels)
        add_library(gradus_kernels_${isa} OBJECT ${kernels})
        target_link_libraries(gradus_kernels_${isa} PRIVATE gradus_internal)
        target_compile_definitions(gradus_kernels_${isa} PRIVATE GD__ISA=${isa})
        target_compile_options(gradus_kernels_${isa} PRIVATE ${kernel_flags} ${${isa}_flags})
        list(APPEND objects $<TARGET_OBJECTS:gradus_kernels_${isa}>)
    endif()
endforeach()
target_compile_definitions(gradus_objects PRIVATE ${known_kernels})

add_library(gradus_static STATIC ${objects})
target_link_libraries(gradus_static INTERFACE gradus_needs)

add_library(gradus_shared SHARED ${objects})
target_link_libraries(gradus_shared PRIVATE gradus_needs)
target_link_options(gradus_shared PRIVATE -Wl,-Bsymbolic-functions)

foreach(library gradus_static gradus_shared)
    target_include_directories(${library} INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                                                    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    set_target_properties(${library} PROPERTIES OUTPUT_NAME gradus LINKER_LANGUAGE C EXPORT_NAME gradus
                                                VERSION ${PROJECT_VERSION}
                                                SOVERSION ${PROJECT_VERSION_MAJOR})
endforeach()
