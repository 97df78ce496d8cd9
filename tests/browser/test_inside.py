"""Compare the tab Inside in Chromium with the model's own numbers."""

import re

import pytest
from playwright.sync_api import expect

import vit
from tests.browser.figure_file import figure_of, table_of
from tests.browser.test_attention import share, trace_of_sheet
from vit.analysis.qkv import qkv

pytestmark = pytest.mark.browser
PATCH = "#inside .map rect[data-patch]"


def open_tab(visitor):
    visitor.open_tab("Inside")
    settled(visitor)


def settled(visitor) -> None:
    expect(visitor.page.locator("#inside .answer[aria-busy=false]")).to_be_attached(timeout=30_000)
    visitor.page.wait_for_timeout(100)


def expected(visitor, layer=-1, head=0, query=0):
    """Compute the query (d), keys (N, d), values (N, d) and attention (N) of one head for the drawing."""
    _, trace = trace_of_sheet(visitor)
    queries, keys, values = qkv(vit.load("digits-4x4"), trace)[layer, 0, :, head]
    return queries[query], keys, values, trace.attention[layer, 0, head, query]


def numbers_in_titles(visitor, cells) -> list[float]:
    """Return the exact numbers in the titles of some cells."""
    titles = visitor.page.locator(f"#inside {cells}").evaluate_all("cells => cells.map((cell) => cell.title)")
    return [float(title.split(" ")[-1].replace("−", "-")) for title in titles]


def assert_calculated(visitor, **chosen) -> None:
    """Check that all numbers on the page are those of the model."""
    query, keys, values, attention = expected(visitor, **chosen)
    assert numbers_in_titles(visitor, ".keys thead [data-feature]") == pytest.approx(query.tolist(), abs=1e-3)
    assert numbers_in_titles(visitor, ".values tfoot [data-feature]") == pytest.approx(
        (attention @ values).tolist(), abs=2e-3
    )
    rows = visitor.page.locator("#inside .keys tbody tr").all()
    tokens = [int(row.get_attribute("data-key")) for row in rows]
    assert sorted(tokens) == list(range(17))
    shares = [share(row.locator(".share").get_attribute("title")) for row in rows]
    assert shares == pytest.approx(attention[tokens].tolist(), abs=1e-3)
    assert shares == sorted(shares, reverse=True)
    for token, row in list(zip(tokens, rows, strict=True))[:3]:
        scaled = row.locator(".number").nth(1).inner_text().replace("−", "-")
        assert float(scaled) == pytest.approx((query @ keys[token] / 4).item(), abs=0.011)
        for table, vectors in (("keys", keys), ("values", values)):
            shown = numbers_in_titles(visitor, f".{table} tr[data-key='{token}'] [data-feature]")
            assert shown == pytest.approx(vectors[token].tolist(), abs=1e-3)


def test_the_numbers_are_those_of_the_model(visitor):
    open_tab(visitor)
    expect(visitor.page.locator("#inside .mean")).to_contain_text("head 1")
    assert_calculated(visitor)


def test_choosing_hovering_and_keys_send_no_request(visitor):
    open_tab(visitor)
    requests = []
    visitor.page.on("request", lambda request: visitor.is_file(request) or requests.append(request.url))
    visitor.page.locator("#inside .layers label").nth(1).click()
    visitor.page.locator("#inside .heads label").nth(4).click()
    visitor.page.locator(PATCH).nth(5).click()
    expect(visitor.page.locator("#inside .asks")).to_have_text("The query of patch 6")
    assert_calculated(visitor, layer=1, head=4, query=6)
    visitor.page.locator("#inside .values tbody tr").nth(3).hover()
    visitor.page.locator("#inside .cls").click()
    expect(visitor.page.locator("#inside .asks")).to_have_text("The query of cls")
    assert_calculated(visitor, layer=1, head=4)
    visitor.open_tab("Attention")
    expect(visitor.page.locator("#attention .title")).to_have_text("Layer 2, head 5: where cls looks")
    assert requests == []


def test_row_patch_and_score_are_highlighted_together(visitor):
    open_tab(visitor)
    query, keys, _, attention = expected(visitor)
    row = visitor.page.locator("#inside .keys tr[data-key='7']")
    for pointed in (visitor.page.locator(PATCH).nth(6), row.locator("th")):
        visitor.page.locator("#inside .asks").hover()
        expect(row).not_to_have_class("lit")
        pointed.hover()
        expect(visitor.page.locator("#inside tbody tr.lit")).to_have_count(2)
        expect(row).to_have_class("lit")
        mark = visitor.page.locator("#inside .map .mark")
        corner = [float(mark.get_attribute(name) or "") for name in ("x", "y")]
        assert corner == pytest.approx([14, 7], abs=1)  # patch 7 is in row 2, column 3
        expect(visitor.page.locator("#inside .question")).to_contain_text("the query of cls match the key of patch 7")
        products = numbers_in_titles(visitor, ".strip .product")
        assert products == pytest.approx((query * keys[7]).tolist(), abs=2e-3)
        found = re.search(r"q·k = (−?[\d.]+)\.", visitor.page.locator("#inside .sum").inner_text())
        assert found
        assert float(found[1].replace("−", "-")) == pytest.approx((query @ keys[7]).item(), abs=0.011)
    rank = 1 + int((attention > attention[7]).sum())
    expect(visitor.page.locator("#inside .sum")).to_contain_text(f"rank {rank} of 17")


def test_a_column_highlights_its_product_and_the_sum_is_right(visitor):
    open_tab(visitor)
    query, keys, values, attention = expected(visitor)
    visitor.page.locator("#inside .keys tr[data-key='4'] [data-feature='9']").hover()
    lit = visitor.page.locator("#inside .lit[data-feature]")
    assert {cell.get_attribute("data-feature") for cell in lit.all()} == {"9"}
    expect(lit).to_have_count(1 + 17 + 17 + 1 + 3)
    spoken = visitor.page.locator("#inside .sum").inner_text().replace("−", "-")
    one = re.search(r"Number 10: (-?[\d.]+) × (-?[\d.]+) = (-?[\d.]+)\.", spoken)
    assert one
    exact = [query[9].item(), keys[4, 9].item(), (query[9] * keys[4, 9]).item()]
    assert [float(part) for part in one.groups()] == pytest.approx(exact, abs=0.006)
    mixture = visitor.page.locator("#inside .mixture").inner_text().replace("−", "-")
    assert float(mixture.split(" ")[-1].rstrip(".")) == pytest.approx((attention @ values)[9].item(), abs=0.006)


def test_arrow_keys_move_through_rows_and_columns(visitor):
    open_tab(visitor)
    first = visitor.page.locator("#inside .keys tbody tr").first
    first.locator("th").focus()
    visitor.page.keyboard.press("ArrowDown")
    second = visitor.page.locator("#inside .keys tbody tr").nth(1)
    expect(second).to_have_class("lit")
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.keyboard.press("ArrowRight")
    expect(second.locator("td.lit")).to_have_attribute("data-feature", "1")


def test_keys_keep_their_row_when_the_page_scrolls_under_a_resting_pointer(visitor):
    open_tab(visitor)
    rows = visitor.page.locator("#inside .keys tbody tr")
    rows.nth(6).locator("th").hover()
    rows.first.locator("th").focus()
    visitor.page.keyboard.press("ArrowDown")
    visitor.page.evaluate("scrollBy(0, document.querySelector('#inside .keys tbody tr').offsetHeight * 2)")
    visitor.page.wait_for_timeout(500)
    expect(rows.nth(1)).to_have_class("lit")
    rows.nth(5).locator("td").first.hover()
    expect(rows.nth(5)).to_have_class("lit")


def test_a_closed_tab_sends_no_request_and_clear_keeps_the_sum(visitor):
    visitor.press("Clear")
    visitor.draw([[[60, 60], [200, 60], [120, 220]]])
    visitor.wait_for_reading()
    assert all('"numbers"' not in (request.post_data or "") for request in visitor.readings)
    open_tab(visitor)
    expect(visitor.page.locator("#inside .sum")).to_be_visible()
    visitor.press("Clear")
    expect(visitor.spoken).to_be_empty()
    expect(visitor.page.locator("#inside .sum")).to_be_visible()
    visitor.draw([[[140, 40 + 10 * step] for step in range(20)]])
    visitor.wait_for_reading()
    settled(visitor)
    visitor.page.locator("#inside .asks").hover()
    expect(visitor.page.locator("#inside .sum")).to_contain_text("rank 1 of 17")


def test_the_calculation_can_be_downloaded(visitor, tmp_path):
    open_tab(visitor)
    figure = figure_of(visitor, "inside", tmp_path)
    assert figure.png.name == "inside-layer3-head1.png"
    assert figure.svg.read_text(encoding="utf-8").count("<rect") >= 2 * 17 * 16 + 2 * 16
    assert "the query of cls" in figure.texts("title")[0]
    query, keys, values, attention = expected(visitor)
    largest = {"q": query, "k": keys, "v": values, "output": attention @ values}
    for [label, low, _, high], vectors in zip(figure.scales(), largest.values(), strict=True):
        most = vectors.abs().max().item()
        assert float(high) == pytest.approx(most, rel=0.051), label
        assert low == high.replace("+", "−")


def test_the_data_are_the_whole_calculation(visitor):
    open_tab(visitor)
    found: dict[str, list[float]] = {}
    for row in table_of(visitor, "inside"):
        found.setdefault(row["quantity"], []).append(float(row["value"]))
    query, keys, values, attention = expected(visitor)
    assert found["q"] == pytest.approx(query.tolist(), abs=1e-3)
    assert found["k"] == pytest.approx(keys.flatten().tolist(), abs=1e-3)
    assert found["v"] == pytest.approx(values.flatten().tolist(), abs=1e-3)
    assert found["share"] == pytest.approx(attention.tolist(), abs=1e-3)
    assert found["score"] == pytest.approx((keys @ query / 4).tolist(), abs=5e-3)
    assert found["output"] == pytest.approx((attention @ values).tolist(), abs=5e-3)
