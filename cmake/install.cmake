# What `make install` puts in place: library, headers, gradus.pc, a CMake package, the command.
install(TARGETS gradus_shared EXPORT gradus-config)
install(TARGETS gradus_static)
if(TARGET gradus)
    install(TARGETS gradus)
endif()
install(DIRECTORY include/gradus DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The folders in gradus.pc are relative to the file, so that it is right under any PREFIX and DESTDIR.
set(pc_folder ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH pc_prefix /${pc_folder} /)
string(REGEX REPLACE "/$" "" pc_prefix "${pc_prefix}")
configure_file(cmake/gradus.pc.in gradus.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/gradus.pc DESTINATION ${pc_folder})

# find_package(gradus) gives the target gradus::gradus, the shared library.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
write_basic_package_version_file(gradus-config-version.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT gradus-config NAMESPACE gradus:: DESTINATION ${package_folder})
install(FILES ${PROJECT_BINARY_DIR}/gradus-config-version.cmake DESTINATION ${package_folder})
