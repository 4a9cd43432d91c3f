#include <nlohmann/json.hpp>

#include "gateway/config/key.hpp"
#include "gateway/config/key_texts.hpp"

namespace gateway::config {
namespace {

using Json = nlohmann::ordered_json;

Json text_or_number(const char* pattern) {
  return {{"anyOf", {{{"type", "integer"}, {"minimum", 0}}, {{"type", "string"}, {"pattern", pattern}}}}};
}

Json one_or_list(Json item) {
  Json list{{"type", "array"}, {"items", item}};
  return {{"anyOf", Json::array({{{"type", Json::array({"string", "integer", "null"})}}, list})}};
}

Json schema_of(const Key& key);

Json schema_of_section(const Key& key) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Key& child : key.children) {
    properties[child.name] = schema_of(child);
    if (child.required) required.push_back(child.name);
  }
  Json schema{{"type", required.empty() ? Json::array({"object", "null"}) : Json("object")},
              {"properties", properties}};
  schema["additionalProperties"] = key.others.empty() ? Json(false) : schema_of_section(key.others[0]);
  if (!required.empty()) schema["required"] = required;
  return schema;
}

Json schema_without_text(const Key& key) {
  switch (key.type) {
    case KeyType::yes_no:
      return {{"enum", {true, false, "yes", "no", "on", "off", "true", "false"}}};
    case KeyType::integer:
      return {{"type", "integer"}, {"minimum", key.least}, {"maximum", key.most}};
    case KeyType::duration:
      return text_or_number("^[0-9]+[smhdwSMHDW]?$");
    case KeyType::short_duration:
      return text_or_number("^[0-9]+([mM]?[sS]|[mhdwMHDW])?$");
    case KeyType::size:
      return text_or_number("^[0-9]+[kmgtKMGT]?$");
    case KeyType::rate:
      return text_or_number("^(0|[0-9]+/([0-9]+[smhdw]?|[smhdw]))$");
    case KeyType::percent:
      return text_or_number("^[0-9]+%?$");
    case KeyType::choice: {
      Json words = key.choices;
      if (std::find(key.choices.begin(), key.choices.end(), "no") != key.choices.end()) words.push_back(false);
      if (std::find(key.choices.begin(), key.choices.end(), "yes") != key.choices.end()) words.push_back(true);
      return {{"enum", words}};
    }
    case KeyType::choices:
      return {{"anyOf", Json::array({{{"type", Json::array({"string", "null"})}},
                                     {{"type", "array"}, {"items", {{"enum", key.choices}}}}})}};
    case KeyType::texts:
      return one_or_list({{"type", Json::array({"string", "integer"})}});
    case KeyType::networks:
    case KeyType::addresses:
    case KeyType::restrictions:
      return one_or_list({{"type", "string"}});
    case KeyType::maps: {
      Json schema = one_or_list({{"type", "string"}});
      schema["anyOf"].push_back({{"type", "object"}});
      return schema;
    }
    case KeyType::pairs:
      return {{"type", Json::array({"object", "null"})}};
    case KeyType::preset_line: {
      Json schema = one_or_list({{"type", "string"}});
      Json parts = Json::object();
      for (const auto& part : key.choices) parts[part] = Json::object();
      if (!key.choices.empty())
        schema["anyOf"].push_back({{"type", "object"}, {"properties", parts}, {"additionalProperties", false}});
      return schema;
    }
    case KeyType::section:
      return schema_of_section(key);
    case KeyType::names:
      return {{"type", Json::array({"object", "null"})}, {"additionalProperties", schema_of_section(key)}};
    case KeyType::items:
      return {{"type", Json::array({"array", "null"})}, {"items", schema_of_section(key)}};
    case KeyType::unsupported:
      return {{"not", Json::object()}};
    default:
      return {{"type", Json::array({"string", "number", "boolean", "null"})}};
  }
}

Json schema_of(const Key& key) {
  Json schema = schema_without_text(key);
  schema["description"] = key.type == KeyType::unsupported ? key.doc + " Not yet supported." : key.doc;
  return schema;
}

}  // namespace

std::string schema_text() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", "Gatepost configuration"}};
  schema.update(schema_of_section(all_keys()));
  return schema.dump(1) + "\n";
}

}  // namespace gateway::config
