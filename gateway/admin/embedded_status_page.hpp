#pragma once

#include <string_view>

namespace gateway {

/// gateway/admin/status.html as the build read it.
std::string_view embedded_status_page();

}  // namespace gateway
