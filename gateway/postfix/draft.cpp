#include "gateway/postfix/draft.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "gateway/config/yaml_print.hpp"

namespace gateway::postfix {

namespace {

constexpr std::string_view order[] = {"version",
                                      "run_as",
                                      "hostname",
                                      "mydomain",
                                      "myorigin",
                                      "mynetworks",
                                      "proxy_interfaces",
                                      "listeners",
                                      "domains",
                                      "directories",
                                      "routes",
                                      "transport",
                                      "tables",
                                      "restriction_classes",
                                      "restrictions",
                                      "rewrite",
                                      "aliases",
                                      "recipient_delimiter",
                                      "relocated",
                                      "luser_relay",
                                      "bcc",
                                      "mailboxes",
                                      "sasl",
                                      "tls",
                                      "filters",
                                      "queue",
                                      "limits",
                                      "dns",
                                      "metrics",
                                      "logging",
                                      "control",
                                      "state_directory"};

std::ptrdiff_t rank_of(std::string_view name) {
  return std::find(std::begin(order), std::end(order), name) - std::begin(order);
}

void append_comment(std::string& into, const std::string& indent, std::string_view comment) {
  while (!comment.empty()) {
    const auto end = comment.find('\n');
    into.append(indent).append("# ").append(comment.substr(0, end)).append("\n");
    comment.remove_prefix(end == std::string_view::npos ? comment.size() : end + 1);
  }
}

}  // namespace

struct Draft::Node {
  struct Item {
    std::string yaml, comment;  // one of them
  };
  std::string name, value, comment;
  bool is_list = false;
  std::vector<Item> items;
  std::vector<std::unique_ptr<Node>> children;

  Node* find(std::string_view wanted) const {
    for (const auto& child : children)
      if (child->name == wanted) return child.get();
    return nullptr;
  }

  bool is_empty() const { return value.empty() && !is_list && children.empty(); }

  void print(std::string& into, std::size_t depth) const {
    const std::string indent(depth * 2, ' ');
    append_comment(into, indent, comment);
    if (is_empty()) return;
    into += indent + config::print_text(name) + ":";
    if (!value.empty()) into += " " + value;
    const bool has_items = std::any_of(items.begin(), items.end(), [](const Item& item) { return !item.yaml.empty(); });
    if (is_list && !has_items) into += " []";
    into += "\n";
    for (const auto& item : items) {
      append_comment(into, indent + "  ", item.comment);
      if (!item.yaml.empty()) into += indent + "  - " + item.yaml + "\n";
    }
    for (const auto& child : children) child->print(into, depth + 1);
  }
};

Draft::Draft() : root_(std::make_unique<Node>()) {}
Draft::~Draft() = default;
Draft::Draft(Draft&&) noexcept = default;
Draft& Draft::operator=(Draft&&) noexcept = default;

Draft::Node& Draft::at(const Path& path) {
  Node* node = root_.get();
  for (const auto& name : path) {
    Node* next = node->find(name);
    if (next == nullptr) {
      node->children.push_back(std::make_unique<Node>());
      next = node->children.back().get();
      next->name = name;
    }
    node = next;
  }
  return *node;
}

void Draft::set(const Path& path, std::string yaml, std::string comment) {
  Node& node = at(path);
  node.value = std::move(yaml);
  if (!comment.empty()) node.comment = std::move(comment);
}

void Draft::add(const Path& path, std::string yaml) {
  Node& node = at(path);
  node.is_list = true;
  node.items.push_back({std::move(yaml), {}});
}

void Draft::make_list(const Path& path, std::string comment) {
  Node& node = at(path);
  node.is_list = true;
  node.items.clear();
  node.comment = std::move(comment);
}

void Draft::comment(const Path& path, std::string comment) {
  Node& node = at(path);
  node.comment = node.comment.empty() ? std::move(comment) : node.comment + "\n" + comment;
}

void Draft::remark(const Path& path, std::string comment) {
  Node& node = at(path);
  node.is_list = true;
  node.items.push_back({{}, std::move(comment)});
}

bool Draft::has(const Path& path) const {
  const Node* node = root_.get();
  for (const auto& name : path) {
    node = node->find(name);
    if (node == nullptr) return false;
  }
  return !node->is_empty();
}

std::string Draft::text() const {
  std::vector<const Node*> sorted;
  for (const auto& child : root_->children) sorted.push_back(child.get());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Node* a, const Node* b) { return rank_of(a->name) < rank_of(b->name); });
  std::string text;
  for (const Node* node : sorted) {
    if (!node->children.empty() || node->is_list || !node->comment.empty()) text += "\n";
    node->print(text, 0);
  }
  return text;
}

}  // namespace gateway::postfix
