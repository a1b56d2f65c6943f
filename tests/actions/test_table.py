"""Tables as people have them become numbers, or an error that names line and column."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.actions.table import parse_table, read_columns, read_table
from quality_creator.model.errors import BadInput, NotFound


def numbers(text: str, column: str = "1", **options: str) -> list[float]:
    table = parse_table(text.encode(), "t.csv", **options)  # type: ignore[arg-type]
    return [float(x) for x in table.numbers(table.index(column))]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_separator_and_line_end_is_read(separator: str, newline: str) -> None:
    text = newline.join(separator.join(row) for row in [("a", "b"), ("1.5", "x"), ("-2e3", "y")]) + newline
    table = parse_table(text.encode(), "t.csv")
    assert table.names == ("a", "b")
    assert table.numbers(0).tolist() == [1.5, -2000.0]
    assert table.texts(1) == ["x", "y"]
    assert table.lines == (2, 3)


def test_blanks_separate_columns_when_nothing_else_does() -> None:
    assert numbers("1  2.5\n3   4.5\n", "2") == [2.5, 4.5]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "gb2312"]
)
def test_chinese_tables_are_read_in_every_usual_encoding(encoding: str) -> None:
    table = parse_table("时间,厚度\n早,0.70\n晚,0.72\n".encode(encoding), "厚度.csv")
    assert table.names == ("时间", "厚度")
    assert table.numbers(1).tolist() == [0.70, 0.72]


def test_western_single_byte_text_is_not_taken_for_chinese() -> None:
    assert parse_table("Maß;T °C\n1;2\n".encode("cp1252"), "t.csv").names == ("Maß", "T °C")


def test_full_width_digits_and_a_real_minus_sign_are_numbers() -> None:
    assert numbers("a\n１２．５\n−3\n") == [12.5, -3.0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1,5", "2,25"], [1.5, 2.25]),
        (["74,030", "73,995"], [74.03, 73.995]),
        (["1.234,5", "0,5"], [1234.5, 0.5]),
        (["1 234,5", "12 345 678,0"], [1234.5, 12345678.0]),
        (["1'234.5", "2"], [1234.5, 2.0]),
        (["1,234.5", "2,000"], [1234.5, 2000.0]),
        (["1,234,567", "12"], [1234567.0, 12.0]),
    ],
)
def test_decimal_commas_and_thousands_are_told_apart(cells: list[str], expected: list[float]) -> None:
    assert numbers("x;n\n" + "".join(f"{cell};7\n" for cell in cells)) == expected


def test_a_quoted_group_of_three_in_a_comma_file_is_a_thousand_unless_told_otherwise() -> None:
    assert numbers('x,n\n"1,234",1\n"5,678",2\n') == [1234.0, 5678.0]
    assert numbers('x,n\n"1,234",1\n"5,678",2\n', decimal=",") == [1.234, 5.678]
    assert numbers('x,n\n"0,234",1\n"5,678",2\n') == [0.234, 5.678]


def test_one_column_with_decimal_commas_is_not_two_columns() -> None:
    assert numbers("torque\n1,5\n2,75\n") == [1.5, 2.75]


def test_missing_values_are_nan_and_never_zero() -> None:
    values = numbers("a,b\n1,x\n,x\nNA,x\n-,x\n#N/A,x\n*,x\n缺失,x\n2,x\n")
    assert [values[0], values[-1]] == [1.0, 2.0]
    assert all(math.isnan(x) for x in values[1:-1])


def test_an_empty_line_in_a_single_column_is_a_missing_value_and_at_the_end_it_is_nothing() -> None:
    values = numbers("a\n1\n\n2\n\n\n")
    assert (values[0], values[2], len(values)) == (1.0, 2.0, 3)
    assert math.isnan(values[1])


def test_a_bad_cell_is_named_by_line_and_column() -> None:
    text = "t;dia\n1;2,5\n\n2;2,x\n"
    with pytest.raises(BadInput, match=r"t\.csv, line 4, column 'dia': '2,x' is not a number"):
        numbers(text, "dia")


def test_the_line_of_a_cell_is_right_below_quoted_line_breaks() -> None:
    with pytest.raises(BadInput, match=r"line 4, column 'v': 'oops'"):
        numbers('note,v\n"two\nlines",1\nx,oops\ny,2\nz,3\n', "v")


@pytest.mark.parametrize("cell", ["inf", "-Infinity", "1e999"])
def test_what_is_not_finite_is_refused(cell: str) -> None:
    with pytest.raises(BadInput, match="is not a finite number"):
        numbers(f"a,b\n1,1\n{cell},2\n")


def test_a_table_without_a_header_counts_its_columns() -> None:
    table = parse_table(b"1,2\n3,4\n", "t.csv")
    assert table.names == ("column 1", "column 2")
    assert table.numbers(1).tolist() == [2.0, 4.0]


def test_a_column_is_chosen_by_name_before_number() -> None:
    table = parse_table(b"b,2,1\n7,8,9\nx,8,9\n", "t.csv")
    assert parse_table(b"b,2,a\n7,8,9\n", "t.csv").index("2") == 1
    assert (table.index("B"), table.index("1"), table.index("3")) == (0, 2, 2)
    with pytest.raises(NotFound, match=r"no column 'c'; it has 'b' \(1\)"):
        table.index("c")


def test_two_columns_of_one_name_must_be_chosen_by_number() -> None:
    with pytest.raises(BadInput, match=r"2 columns named 'a'.*--value 1 or --value 2"):
        parse_table(b"a,a\n1,2\n", "t.csv").index("a")


def test_the_only_column_of_numbers_is_found_beside_times_and_names(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("time,operator,force\n2024-03-01 08:00,Li,1.5\n2024-03-01 08:05,Wang,1.6\n")
    columns = read_columns(file)
    assert (columns.value_name, columns.values.tolist(), columns.lines.tolist()) == (
        "force",
        [1.5, 1.6],
        [2, 3],
    )


def test_several_columns_of_numbers_are_listed(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("wafer,defects\n1,16\n2,14\n")
    with pytest.raises(BadInput, match=r"several columns of numbers: 'wafer' \(1\), 'defects' \(2\)"):
        read_columns(file)


def test_a_subgroup_column_is_not_taken_for_the_values(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("batch,dia\n1,10\n1,11\n2,12\n")
    columns = read_columns(file, subgroup="batch")
    assert (columns.value_name, columns.subgroups) == ("dia", ("1", "1", "2"))


def test_several_value_columns_make_each_line_a_subgroup(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("x1,x2,x3\n1,2,3\n4,,6\n")
    columns = read_columns(file, value="x1,x2,3")
    assert columns.values.tolist() == [1, 2, 3, 4, 6]
    assert columns.subgroups == ("2", "2", "2", "3", "3")


def test_titles_above_the_table_are_passed_over_and_said() -> None:
    table = parse_table(b"Instrument: UTM-5\nOperator Li\n\nTravel,Force\n0,1\n1,2\n2,3\n", "t.csv")
    assert table.names == ("Travel", "Force")
    assert table.numbers(1).tolist() == [1, 2, 3]
    assert len(table.notes) == 1


def test_a_declared_separator_is_followed() -> None:
    table = parse_table(b"sep=;\r\na;b\r\n1;2\r\n", "t.csv")
    assert (table.names, table.lines) == (("a", "b"), (3,))


def test_a_row_with_too_many_cells_is_named() -> None:
    with pytest.raises(BadInput, match="line 3: 3 cells, but the table has 2 columns"):
        parse_table(b"a,b\n1,2,\n1,2,3\n4,5\n", "t.csv")


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["0", "0.5"], [0, 0.5]),
        (["08:00", "08:00:01.5"], [28800, 28801.5]),
        (["23:59:59", "00:00:01"], [86399, 86401]),
        (["1970-01-02", "1970/1/2 00:01"], [86400, 86460]),
        (["1970-01-01T08:00:00+08:00", "1970-01-01T00:00:01Z"], [0, 1]),
        (["02.01.1970 00:00", "03.01.1970 00:00"], [86400, 172800]),
        (["01/02/1970 1:00 PM", "01/13/1970 1:00 PM"], [133200, 1083600]),
        (["13/01/1970 00:00", "14/01/1970 00:00"], [1036800, 1123200]),
        (["1970年1月2日 00:00", "1970年1月3日 00:00"], [86400, 172800]),
    ],
)
def test_times_are_read_as_seconds(cells: list[str], seconds: list[float]) -> None:
    table = parse_table(("t;v\n" + "".join(f"{cell};1\n" for cell in cells)).encode(), "t.csv")
    np.testing.assert_allclose(table.times_s(0), seconds)


def test_a_bad_time_is_named() -> None:
    with pytest.raises(BadInput, match=r"line 3, column 't': '25:99' is neither a time"):
        parse_table(b"t,v\n08:00,1\n25:99,2\n", "t.csv").times_s(0)


def test_a_missing_label_is_named() -> None:
    with pytest.raises(BadInput, match=r"line 3, column 'part': '' is empty"):
        parse_table(b"part,v\n1,1\n,2\n", "t.csv").labels(0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"a,b\n", "no line with a value"),
        (b"PK\x03\x04rest", "workbook"),
        (b"name,town\nx,y\n", "no column of numbers"),
    ],
)
def test_what_is_no_table_of_values_is_said(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes(data)
    with pytest.raises(BadInput, match=message):
        read_columns(file)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(BadInput, match="is a folder"):
        read_table(tmp_path)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_a_clear_refusal(data: bytes) -> None:
    try:
        table = parse_table(data, "t.csv")
        for index in range(len(table.names)):
            table.numbers(index)
            table.times_s(index)
    except BadInput:
        pass


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30),
    st.sampled_from([",", ";", "\t", "|"]),
    st.booleans(),
)
def test_what_is_written_is_what_is_read(values: list[float], separator: str, comma: bool) -> None:
    cells = [repr(x).replace(".", ",") if comma and separator != "," else repr(x) for x in values]
    text = f"n{separator}v\n" + "".join(f"k{separator}{cell}\n" for cell in cells)
    assert numbers(text, "v", decimal="," if comma and separator != "," else ".") == values
