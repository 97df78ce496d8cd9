"""The page's colours and fonts."""

from __future__ import annotations

import gradio as gr

# Every text has 4.5 to 1 and more to what is behind it (WCAG AA), in the light and in the dark, and the edge of a radio
# button or a checkbox has 3 to 1; a test measures both.
COLOURS = {
    "body_text_color_subdued": "*neutral_600",
    "body_text_color_subdued_dark": "*neutral_300",
    "block_title_text_color": "*body_text_color",
    "block_title_text_color_dark": "*body_text_color",
    "block_title_background_fill": "none",
    "block_title_background_fill_dark": "none",
    "button_primary_background_fill": "*primary_700",
    "button_primary_background_fill_dark": "*primary_700",
    "button_primary_background_fill_hover": "*primary_800",
    "button_primary_background_fill_hover_dark": "*primary_800",
    "button_secondary_background_fill_hover_dark": "*neutral_500",
    "checkbox_border_color": "*neutral_500",
    "checkbox_border_color_dark": "*neutral_300",
    "checkbox_border_color_focus": "*primary_700",
    "checkbox_border_color_focus_dark": "*neutral_100",
    "checkbox_border_color_hover": "*neutral_600",
    "checkbox_border_color_hover_dark": "*neutral_100",
    "checkbox_border_color_selected": "*primary_700",
    "checkbox_border_color_selected_dark": "*neutral_100",
    "checkbox_label_background_fill_selected": "*primary_100",
    "checkbox_label_background_fill_selected_dark": "*primary_700",
    "checkbox_label_text_color_selected": "*neutral_900",
    "color_accent": "*primary_700",
    "input_border_color": "*neutral_300",
}
LINES = {"input_border_width": "1px", "block_border_width": "1px", "block_title_padding": "0"}


def theme() -> gr.themes.Base:
    """Return the page's theme, with the system's own fonts, so that nothing is fetched from elsewhere."""
    soft = gr.themes.Soft(
        primary_hue="orange",
        secondary_hue="sky",
        neutral_hue="slate",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    )
    return soft.set(**COLOURS, **LINES)
