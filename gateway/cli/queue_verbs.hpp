#pragma once

#include "gateway/cli/queue_options.hpp"

namespace gateway::cli {

/// The reading verbs of `gatepost queue`; each returns the exit code. They read the spool beside the daemon or without.
int queue_list(QueueOptions options);
int queue_show(QueueOptions options);
int queue_cat(QueueOptions options);
int queue_summary(QueueOptions options);

/// Complaint on stderr, then `code`.
int complain(std::string_view sentence, int code);

}  // namespace gateway::cli
