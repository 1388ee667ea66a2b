"""What 1,000 answers of an arm cost: on a rented machine, on a laptop, or as tokens of a hosted model; prices dated."""

from typing import Any

from twolevers.cost.prices import laptop_hour, rates, token_price

HOSTED = ("openai", "gpt-4o-mini", "ft:gpt-4o-mini")  # the reference model and its tuned version


def lines(seconds: float | None, prompt_tokens: float, new_tokens: float, tuned: bool) -> list[dict[str, Any]]:
    """A line per way to pay: what, USD per 1,000 answers, the price used, its date and whether it is quoted or assumed.

    `seconds` and tokens are means of one answer; no seconds where a server answered, whose machine others pay. Tokens
    are ours: another tokenizer counts somewhat differently. An arm that reads no tokens has no hosted line.
    """
    found = []
    machines = (("rented 2-core machine", rates()["vm"]), ("laptop, electricity only", laptop_hour()))
    for what, hour in machines if seconds is not None else ():
        price = f"{hour.value:.4f} USD/h"
        found.append(_line(what, 1000 * seconds * hour.value / 3600, price, hour.date, str(hour.status)))
    if prompt_tokens:
        provider, base, dear = HOSTED
        cost = token_price(provider, dear if tuned else base)
        usd = (prompt_tokens * cost.input.value + new_tokens * cost.output.value) / 1000
        price = f"{cost.input.value:g} USD/Mtok read, {cost.output.value:g} written"
        found.append(_line(f"hosted {cost.model}", usd, price, cost.input.date, str(cost.input.status)))
    return found


def _line(what: str, usd: float, price: str, date: str, status: str) -> dict[str, Any]:
    return {"what": what, "usd_per_1000": usd, "price": price, "date": date, "status": status}
