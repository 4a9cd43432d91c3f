# lookup/presets/*.yaml become a table of C++ string constants, so that the binary needs no data files.
file(GLOB preset_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/lookup/presets/*.yaml")
set(embedded "${PROJECT_BINARY_DIR}/embedded_presets.cpp")
set(text "#include \"lookup/embedded_presets.hpp\"\n\nnamespace lookup {\n\nstd::span<const EmbeddedPreset> embedded_presets() {\n  static constexpr EmbeddedPreset presets[] = {\n")
foreach(file IN LISTS preset_files)
  get_filename_component(name "${file}" NAME_WE)
  file(READ "${file}" content)
  string(APPEND text "      {\"${name}\", R\"preset(${content})preset\"},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endforeach()
string(APPEND text "      {\"\", \"\"}};\n  return {presets, std::size(presets) - 1};\n}\n\n}  // namespace lookup\n")
file(CONFIGURE OUTPUT "${embedded}" CONTENT "${text}" @ONLY)
target_sources(gatepost_lookup PRIVATE "${embedded}")

# The status page, which is written as the HTML file that it is.
set(page_file "${PROJECT_SOURCE_DIR}/gateway/admin/status.html")
set(embedded_page "${PROJECT_BINARY_DIR}/embedded_status_page.cpp")
file(READ "${page_file}" content)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${page_file}")
file(CONFIGURE OUTPUT "${embedded_page}" @ONLY CONTENT
  "#include \"gateway/admin/embedded_status_page.hpp\"\n\nnamespace gateway {\n\nstd::string_view embedded_status_page() {\n  return R\"page(${content})page\";\n}\n\n}  // namespace gateway\n")
target_sources(gatepost_gateway PRIVATE "${embedded_page}")
