"""Tables on slides, in the size of the deck's text: parted by columns, then by rows, until each part fits.

Widths and heights are estimates in px of the theme (see layout.py). Every part keeps its caption, its head and the
columns that name its rows.
"""

import copy
import math

from bs4 import BeautifulSoup, Tag

SIZE, LINE = 32, 1.25  # of a table's text (theme.css): 24 pt
LETTER = 0.58  # mean width of a letter, in type sizes
SIDE, UP = 18, 12  # a cell's padding on its right; above and below, together
WIDTH, ROOM, MARGIN = 1152, 540, 64  # of the slide's text; around a table, together
LEAST = 0.6  # of the width, for a caption's sake (theme.css)
LONGEST = 34  # letters of a line in a column of prose
NAMES = 2  # at most so many columns name a row


def pieces(read: BeautifulSoup, room: float) -> list[tuple[str, float]]:
    """The only table of `read` in parts that fit, each as the whole HTML around it with its height."""
    table = read.find("table")
    grid, caption = _grid(table), _caption(table)
    groups = _groups(grid)
    first = room if len(groups) == 1 else ROOM
    parts = [(columns, rows) for columns in groups for rows in _rows(grid, columns, caption, first)]
    if len(parts) == 1:
        return [(str(read), height(table))]
    return [_piece(read, place, len(parts), *part) for place, part in enumerate(parts, 1)]


def height(table: Tag) -> float:
    """Height of the whole table, on as many slides' width as it takes."""
    grid, caption = _grid(table), _caption(table)
    return max(_above(grid, columns, caption) + sum(_heights(grid, columns)) for columns in _groups(grid))


def _caption(table: Tag) -> str:
    caption = table.find("caption")
    return caption.get_text() if caption else ""


def _above(grid: list[list[str]], columns: list[int], caption: str) -> float:
    """Height of the caption, which is as wide as the table, and of the margins."""
    width = sum(_width(_wanted([row[i] for row in grid if i < len(row)])) for i in columns)
    letters = min(WIDTH, max(width, LEAST * WIDTH)) / (1.1 * LETTER * SIZE)  # bold
    return MARGIN + math.ceil((len(caption) + len(" (1 of 2)")) / letters) * LINE * SIZE


def _grid(table: Tag) -> list[list[str]]:
    """Texts by row; the head's rows first."""
    return [[cell.get_text().strip() for cell in row.find_all(["th", "td"])] for row in table.find_all("tr")]


def _wanted(texts: list[str]) -> int:
    """Letters that a column wants: its longest word, and room for prose in a few lines."""
    word = max((len(word) for text in texts for word in text.split()), default=1)
    longest = max(map(len, texts), default=1)
    return max(word, min(longest, max(18, min(math.ceil(longest / 2.5), LONGEST))))


def _width(letters: float) -> float:
    return letters * LETTER * SIZE + SIDE


def _groups(grid: list[list[str]]) -> list[list[int]]:
    """Which columns stand together: all, where they fit; else the naming columns with as many others as fit."""
    count = max(map(len, grid), default=0)
    everything = [list(range(count))]
    if len({len(row) for row in grid}) != 1:  # a cell that spans others keeps them together
        return everything
    widths = [_width(_wanted([row[i] for row in grid])) for i in range(count)]
    if sum(widths) <= WIDTH:
        return everything
    names = next((n for n in range(1, NAMES + 1) if len({tuple(row[:n]) for row in grid}) == len(grid)), 1)
    if count <= names + 1:
        return everything
    kept = list(range(names))
    left = WIDTH - sum(widths[:names])
    groups, filled = [[]], 0.0
    for column in range(names, count):
        if groups[-1] and filled + widths[column] > left:
            groups.append([])
            filled = 0.0
        groups[-1].append(column)
        filled += widths[column]
    return [kept + group for group in groups]


def _heights(grid: list[list[str]], columns: list[int]) -> list[float]:
    """Height of each row where only `columns` are shown; what is free goes to the columns with the longest texts."""
    wanted = {i: _wanted([row[i] for row in grid if i < len(row)]) for i in columns}
    longest = {i: max(len(row[i]) for row in grid if i < len(row)) for i in columns}
    free = (WIDTH - sum(map(_width, wanted.values()))) / (LETTER * SIZE)
    lacking = sum(longest[i] - wanted[i] for i in columns)
    if free > 0 and lacking > 0:
        share = min(1.0, free / lacking)
        wanted = {i: wanted[i] + share * (longest[i] - wanted[i]) for i in columns}
    elif free < 0:
        wanted = {i: wanted[i] * (1 + free / sum(wanted.values())) for i in columns}
    return [max(_lines(row[i], wanted[i]) for i in columns if i < len(row)) * LINE * SIZE + UP for row in grid]


def _lines(text: str, letters: float) -> int:
    return math.ceil(1.08 * len(text) / letters) if len(text) > letters else 1


def _rows(grid: list[list[str]], columns: list[int], caption: str, room: float) -> list[list[int]]:
    """Which rows (of the body, from 0) stand together, in parts of about the same length."""
    head, *heights = _heights(grid, columns)
    head += _above(grid, columns, caption)
    total = head + sum(heights)
    if total <= max(room, 0) or len(heights) < 2:
        return [list(range(len(heights)))]
    here = room if room > ROOM / 2 else ROOM  # the first part stays with what is above it, where there is room

    def tall(part: list[int]) -> float:
        return head + sum(heights[row] for row in part)

    least = math.ceil(sum(heights) / max(1.0, ROOM - head))
    tried = (_even(heights, count) for count in range(max(1, least), len(heights) + 1))
    fitting = (parts for parts in tried if tall(parts[0]) <= here and max(map(tall, parts)) <= ROOM)
    return next(fitting, [[row] for row in range(len(heights))])


def _even(heights: list[float], count: int) -> list[list[int]]:
    """The rows in at most `count` parts of about equal height."""
    share, parts, filled = sum(heights) / count, [[]], 0.0
    for row, tall in enumerate(heights):
        if parts[-1] and filled + tall / 2 > share * len(parts) and len(parts) < count:
            parts.append([])
        parts[-1].append(row)
        filled += tall
    return parts


def _piece(read: BeautifulSoup, place: int, count: int, columns: list[int], rows: list[int]) -> tuple[str, float]:
    """One part: a copy without the other columns and rows, its caption numbered."""
    page = copy.copy(read)
    table = page.find("table")
    head, *body = table.find_all("tr")
    grid = _grid(table)
    heights, said = _heights(grid, columns), _caption(table)
    for number, row in enumerate(body):
        if number not in rows:
            row.decompose()
    for row in (head, *(body[number] for number in rows)):
        for column, cell in enumerate(row.find_all(["th", "td"])):
            if column not in columns:
                cell.decompose()
    if caption := table.find("caption"):
        caption.string = f"{said} ({place} of {count})"
    return str(page), _above(grid, columns, said) + heights[0] + sum(heights[number + 1] for number in rows)
