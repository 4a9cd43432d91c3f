# What is installed, and the two Debian packages that CPack makes of it.
include(GNUInstallDirs)

set(data share/gatepost)
set(doc share/doc)

# Manual pages and the completion come from the program's own tables.
set(made "${PROJECT_BINARY_DIR}/install")
add_custom_command(OUTPUT "${made}/gatepost.8.gz" "${made}/gatepost.yaml.5.gz" "${made}/gatepost.bash"
  COMMAND "${CMAKE_COMMAND}" -E make_directory "${made}"
  COMMAND sh -c "'$<TARGET_FILE:gatepost>' help --man | gzip -9n > '${made}/gatepost.8.gz'"
  COMMAND sh -c "'$<TARGET_FILE:gatepost>' config man | gzip -9n > '${made}/gatepost.yaml.5.gz'"
  COMMAND sh -c "'$<TARGET_FILE:gatepost>' help --bash-completion > '${made}/gatepost.bash'"
  DEPENDS gatepost VERBATIM COMMENT "Manual pages")
file(GLOB manual "${PROJECT_SOURCE_DIR}/etc/man/*.1")
set(packed)
foreach(page IN LISTS manual)
  get_filename_component(name "${page}" NAME)
  add_custom_command(OUTPUT "${made}/${name}.gz"
    COMMAND "${CMAKE_COMMAND}" -E make_directory "${made}"
    COMMAND sh -c "gzip -9nc '${page}' > '${made}/${name}.gz'" DEPENDS "${page}" VERBATIM)
  list(APPEND packed "${made}/${name}.gz")
endforeach()
file(CONFIGURE OUTPUT "${made}/changelog.Debian" @ONLY CONTENT
  "gatepost (@PROJECT_VERSION@-1) unstable; urgency=medium

  * Built by CPack from the project's own tree; changelog.gz tells what changed.

 -- The Gatepost developers <postmaster@localhost>  Sun, 22 Nov 2026 00:00:00 +0000
")
add_custom_command(OUTPUT "${made}/changelog.gz" "${made}/changelog.Debian.gz"
  COMMAND sh -c "gzip -9nc '${PROJECT_SOURCE_DIR}/CHANGELOG.md' > '${made}/changelog.gz'"
  COMMAND sh -c "gzip -9nc '${made}/changelog.Debian' > '${made}/changelog.Debian.gz'"
  DEPENDS "${PROJECT_SOURCE_DIR}/CHANGELOG.md" "${made}/changelog.Debian" VERBATIM)
list(APPEND packed "${made}/changelog.gz")
add_custom_target(manual ALL DEPENDS "${made}/gatepost.8.gz" "${made}/gatepost.yaml.5.gz" "${made}/gatepost.bash" ${packed})

# The daemon: it may stand beside another MTA.
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME gatepost)
install(TARGETS gatepost DESTINATION sbin COMPONENT gatepost)
install(FILES schemas/gatepost.schema.json DESTINATION ${data} COMPONENT gatepost)
install(FILES etc/prometheus/gatepost.rules.yml DESTINATION ${data}/prometheus COMPONENT gatepost)
install(FILES etc/grafana/gatepost.json DESTINATION ${data}/grafana COMPONENT gatepost)
install(FILES etc/gatepost.yaml DESTINATION ${doc}/gatepost/examples COMPONENT gatepost)
install(DIRECTORY etc/examples/ DESTINATION ${doc}/gatepost/examples COMPONENT gatepost)
file(GLOB pages "${PROJECT_SOURCE_DIR}/docs/*.md")
install(FILES README.md ${pages} DESTINATION ${doc}/gatepost COMPONENT gatepost)
install(FILES "${made}/changelog.gz" "${made}/changelog.Debian.gz" DESTINATION ${doc}/gatepost COMPONENT gatepost)
install(FILES etc/debian/copyright DESTINATION ${doc}/gatepost COMPONENT gatepost)
install(FILES "${made}/gatepost.8.gz" DESTINATION share/man/man8 COMPONENT gatepost)
install(FILES "${made}/gatepost.yaml.5.gz" DESTINATION share/man/man5 COMPONENT gatepost)
install(FILES "${made}/gatepost.bash" DESTINATION share/bash-completion/completions RENAME gatepost COMPONENT gatepost)
install(FILES etc/systemd/gatepost.service etc/systemd/gatepost-mx.socket DESTINATION lib/systemd/system COMPONENT gatepost)
install(FILES etc/systemd/gatepost.sysusers DESTINATION lib/sysusers.d RENAME gatepost.conf COMPONENT gatepost)
install(FILES etc/systemd/gatepost.tmpfiles DESTINATION lib/tmpfiles.d RENAME gatepost.conf COMPONENT gatepost)
install(FILES etc/debian/gatepost.lintian DESTINATION share/lintian/overrides RENAME gatepost COMPONENT gatepost)
# Settings of other programs: only a package may put files into /etc.
option(GATEPOST_PACKAGES "Install for Debian packages: prefix /usr, settings in /etc" OFF)
if(GATEPOST_PACKAGES)
  install(FILES etc/debian/logrotate DESTINATION /etc/logrotate.d RENAME gatepost COMPONENT gatepost)
  install(FILES etc/debian/ufw DESTINATION /etc/ufw/applications.d RENAME gatepost COMPONENT gatepost)
endif()

# The names that make it the machine's MTA.
foreach(name sendmail postmap postalias postqueue postsuper postcat postconf)
  install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/sbin\")
    file(CREATE_LINK gatepost \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/sbin/${name}\" SYMBOLIC)" COMPONENT gatepost-mta)
endforeach()
foreach(name mailq newaliases)
  install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin\")
    file(CREATE_LINK ../sbin/gatepost \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/bin/${name}\" SYMBOLIC)" COMPONENT gatepost-mta)
endforeach()
install(CODE "file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib\")
  file(CREATE_LINK ../sbin/sendmail \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/lib/sendmail\" SYMBOLIC)" COMPONENT gatepost-mta)
foreach(page IN LISTS manual)
  get_filename_component(name "${page}" NAME)
  install(FILES "${made}/${name}.gz" DESTINATION share/man/man1 COMPONENT gatepost-mta)
endforeach()
install(FILES etc/debian/copyright DESTINATION ${doc}/gatepost-mta COMPONENT gatepost-mta)
install(FILES "${made}/changelog.gz" "${made}/changelog.Debian.gz" DESTINATION ${doc}/gatepost-mta COMPONENT gatepost-mta)
install(FILES etc/debian/gatepost-mta.lintian DESTINATION share/lintian/overrides RENAME gatepost-mta COMPONENT gatepost-mta)

# Packages: tests/debian/build makes them.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME gatepost)
set(CPACK_PACKAGE_CONTACT "The Gatepost developers <postmaster@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "mail gateway driven by an LDAP directory")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL gatepost gatepost-mta)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION mail)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_GATEPOST_PACKAGE_NAME gatepost)
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_NAME gatepost-mta)
set(CPACK_DEBIAN_GATEPOST_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_GATEPOST_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_GATEPOST_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_GATEPOST_PACKAGE_SUGGESTS "gatepost-mta, prometheus, rspamd")
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_ARCHITECTURE all)
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_DEPENDS "gatepost (>= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_PROVIDES mail-transport-agent)
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_CONFLICTS mail-transport-agent)
set(CPACK_DEBIAN_GATEPOST-MTA_PACKAGE_REPLACES mail-transport-agent)
set(CPACK_COMPONENT_GATEPOST_DESCRIPTION "Accepts mail by SMTP for the people that a directory knows, refuses what
restrictions in Postfix's syntax say, and delivers to Maildirs or relays to
internal servers. It may be installed beside another mail transport agent;
gatepost-mta makes it the system's own.")
set(CPACK_COMPONENT_GATEPOST-MTA_DESCRIPTION "The commands sendmail, mailq and newaliases, and those that scripts for
Postfix use (postqueue, postsuper, postmap, postconf), by Gatepost. This makes
Gatepost the mail transport agent of the system.")
set(scripts "${PROJECT_SOURCE_DIR}/etc/debian/control")
set(CPACK_DEBIAN_GATEPOST_PACKAGE_CONTROL_EXTRA
  "${scripts}/conffiles;${scripts}/preinst;${scripts}/postinst;${scripts}/prerm;${scripts}/postrm")
include(CPack)
