#pragma once

#include <string>

#include "lookup/open_table.hpp"

namespace lookup {

/// The file that lmdb:PATH means: PATH.lmdb as postmap writes it, else PATH itself.
std::string lmdb_file(const std::string& path);

/// Reads an LMDB file made by postmap or postalias into memory, under a shared lock. Nothing stays mapped: postmap
/// rewrites pages in place without regard to readers, and what it overwrites must not be what we are reading.
TableResult read_lmdb_table(const std::string& file, std::string name);

}  // namespace lookup
