#!/usr/bin/env python3
"""The coroutine check finds the forms that it forbids, and no others."""

import unittest

import coroutines

WRONG = {
    "condition": "void f() { if (co_await ask(x)) go(); }",
    "condition behind a name": "void f() { while (ready && co_await ask(x)) go(); }",
    "condition with an initializer that is compared": "void f() { if ((x = co_await ask()) != 1) go(); }",
    "range": "void f() { for (auto x : co_await all()) go(x); }",
    "aggregate": "void f() { co_await find(Query{a, b}); }",
    "brace list": "void f() { co_await find(a, {b}); }",
    "capturing lambda": "void f() { co_await run([k] { go(k); }); }",
    "spawned lambda": "void f() { asio::co_spawn(loop, [this]() -> awaitable { co_return; }, done); }",
    "detached": "void f() { asio::co_spawn(loop, serve(x), asio::detached); }",
}
RIGHT = {
    "statement": "void f() { co_await ask(x); }",
    "named": "void f() { auto answer = co_await ask(x); if (answer) go(); }",
    "named in an if": "void f() { if (auto answer = co_await ask(x); answer) go(); }",
    "subscript": "void f() { auto [error, size] = co_await read(buffers[i]); }",
    "duration": "void f() { co_await wait(std::chrono::seconds{5}); }",
    "comment": "void f() { /* if (co_await x) */ go(); } // while (co_await y)",
    "block behind it": "void f() { if (ready) { co_await ask(x); } }",
    "completion function": "void f() { asio::co_spawn(loop, serve(x), [this](std::exception_ptr e) { note(e); }); }",
}


class Coroutines(unittest.TestCase):
    def test_wrong_forms_are_found(self):
        for name, code in WRONG.items():
            with self.subTest(name):
                self.assertTrue(list(coroutines.check("x.cpp", coroutines.code_only(code))))

    def test_right_forms_pass(self):
        for name, code in RIGHT.items():
            with self.subTest(name):
                self.assertEqual([], list(coroutines.check("x.cpp", coroutines.code_only(code))))


unittest.main()
