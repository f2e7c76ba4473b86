"""No cycles between modules, imports for types and inside of functions included."""

from __future__ import annotations

import grimp


def knots(imports: dict[str, set[str]]) -> set[frozenset[str]]:
    """The largest sets of modules each of which imports each other, directly or through others."""

    def reached(start: str) -> set[str]:
        found: set[str] = set()
        open_ = [start]
        while open_:
            new = imports[open_.pop()] - found
            found |= new
            open_ += new
        return found

    all_reached = {name: reached(name) for name in imports}
    return {
        frozenset(other for other in there if name in all_reached[other]) for name, there in all_reached.items() if name in there
    }


def test_modules_import_each_other_in_no_circle():
    graph = grimp.build_graph("cvtr_widgets", exclude_type_checking_imports=False)
    imports = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    assert not knots(imports)


def test_a_circle_is_found():
    assert knots({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {frozenset("abc")}
