"""What a saved notebook shows without a kernel: the still form of each widget, and how to go on.

`twolevers lab` loads this as an extension of the Jupyter server. A saved widget is only a number that a kernel once
knew: opened again without that kernel it reads "model not found". So the widget is left out of the file, and its still
form, which every widget of the course brings along, stays. The open notebook is not touched.
"""

from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
ON = "<p><em>Nothing is running now. To go on here, run this cell (Shift + Enter).</em></p>"
NAME = "twolevers.publish.still"


def keep_still_forms(model: dict[str, Any], **_: Any) -> None:
    """Before a notebook is saved: leave out each widget that has another form to show, and say how to go on."""
    if model.get("type") != "notebook" or not isinstance(model.get("content"), dict):
        return
    model["content"].get("metadata", {}).pop("widgets", None)
    for cell in model["content"].get("cells", []):
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET in data and len(data) > 1:
                del data[WIDGET]
                if html := "".join(data.get("text/html", "")):
                    data["text/html"] = html.removesuffix(ON) + ON


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": NAME}]


def _load_jupyter_server_extension(server: Any) -> None:
    server.contents_manager.register_pre_save_hook(keep_still_forms)
