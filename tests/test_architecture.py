"""The map of the house is true."""

from tests.architecture import PAGE, page_with_tree


def test_the_tree_in_the_docs_is_made_of_the_modules_first_lines() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert page_with_tree(text) == text
