#!/usr/bin/env python3
"""The coroutine dialect: g++ 12.2 miscompiles other forms without a warning (docs/patterns.md)."""

import re

import tree

CONDITION = re.compile(r"\b(if|while|switch|for)\s*(?:constexpr\s*)?$")
# A lambda with captures; "[" behind a name, a call or an index is a subscript.
CAPTURING = re.compile(r"(?<![\w\)\]])\s*\[\s*[^\]\s][^\]]*\]\s*(?:\(|\{|mutable\b|->)")
# A brace list as argument: "f({...})", "f(x, {...})", "f(Query{...})". Empty braces hold nothing to be destroyed twice.
BRACES = re.compile(r"[(,]\s*(?:[A-Za-z_][\w:<>]*\s*)?\{\s*[^}\s]")
# Library types whose braces call a constructor.
CONSTRUCTED = re.compile(r"\b(?:std::chrono::\w+|std::string|std::string_view|Seconds|Millis)\s*\{[^{}]*\}")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def code_only(source):
    """The source with comments and literals blanked; places stay."""
    pattern = r'R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/'
    # A digit separator (1'000) is no literal.
    source = re.sub(r"(?<=\d)'(?=\d)", "_", source)
    return re.sub(pattern, blank, source, flags=re.S)


def open_parentheses(code, place):
    """Positions of the parentheses around `place`, innermost first, within its statement."""
    depth, positions = 0, []
    for index in range(place - 1, -1, -1):
        letter = code[index]
        if letter == ")":
            depth += 1
        elif letter == "(":
            if depth == 0:
                positions.append(index)
            else:
                depth -= 1
        elif letter in ";{}" and depth == 0 and not positions:
            break
        elif letter in "{}" and depth == 0:
            break
    return positions


def statement_end(code, place):
    """Where the statement ends: its ";", or the parenthesis that closes around it."""
    depth = 0
    for index in range(place, len(code)):
        letter = code[index]
        if letter in "({[":
            depth += 1
        elif letter in ")}]":
            depth -= 1
            if depth < 0:
                return index
        elif letter == ";" and depth == 0:
            return index
    return len(code)


def check(path, code):
    for match in re.finditer(r"\bco_await\b", code):
        place, line = match.start(), code.count("\n", 0, match.start()) + 1
        end = statement_end(code, place)
        statement = CONSTRUCTED.sub("", code[place:end])
        for parenthesis in open_parentheses(code, place):
            if CONDITION.search(code[max(0, parenthesis - 20):parenthesis]):
                # "if (auto answer = co_await ask(); answer)": the sole initializer of a named local.
                named = re.fullmatch(r"\s*(?:const\s+)?auto[&\s]*(?:\w+|\[[^\]]*\])\s*=\s*", code[parenthesis + 1:place])
                if not (named and code[end] == ";"):
                    yield f"{path}:{line}: co_await in a condition: name its result first"
        if CAPTURING.search(statement):
            yield f"{path}:{line}: capturing lambda in a co_await statement: name it first"
        if BRACES.search(statement):
            yield f"{path}:{line}: brace list in a co_await statement: name the value first"
    for match in re.finditer(r"\basio::detached\b", code):
        yield f"{path}:{code.count(chr(10), 0, match.start()) + 1}: asio::detached drops the exception: log it in a completion function"
    for match in re.finditer(r"\bco_spawn\s*\(", code):
        line = code.count("\n", 0, match.start()) + 1
        # The coroutine is the second argument; a completion function behind it may capture.
        if re.match(r"\s*[^,()]*(?:\([^()]*\))?[^,()]*,\s*\[\s*[^\]\s][^\]]*\]", code[match.end():match.end() + 300]):
            yield f"{path}:{line}: a capturing lambda as coroutine outlives its captures: spawn a function"


def main():
    findings = []
    for path in tree.sources() + tree.files(".cpp", ".hpp", under="tests"):
        findings += check(path, code_only(tree.text(path)))
    tree.finish(findings, "co_await is a statement of its own or the sole initializer of a named local; its arguments are names or plain calls.")


if __name__ == "__main__":
    main()
