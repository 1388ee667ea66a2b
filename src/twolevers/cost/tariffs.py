"""Who is paid for what: one's own machine by the hour, or a hosted model by the token."""

from dataclasses import dataclass, replace

import numpy as np

from twolevers.cost.model import Line, Tariff, Use
from twolevers.cost.prices import TokenPrice, laptop_hour, rates, token_price, tuning_rates
from twolevers.cost.quantity import Quantity, Status

HOURS_A_MONTH = 730  # 365 × 24 / 12


@dataclass(frozen=True)
class OwnMachine:
    """Everything runs on one machine that is paid by the hour, and only for the time it works."""

    name: str
    machine: Quantity

    def answering(self, use: Use) -> list[Line]:
        """Machine time per request."""
        return [Line(use.arm, "request", "machine time of an answer", use.seconds, self.machine)]

    def training(self, use: Use) -> tuple[Quantity, Quantity]:
        """Machine time."""
        return use.training_seconds, self.machine

    def draw(self, rng: np.random.Generator) -> "OwnMachine":
        """One plausible price of the hour."""
        return replace(self, machine=self.machine.drawn(rng))


@dataclass(frozen=True)
class Hosted:
    """A hosted model paid by the token. Token counts are ours: another model's tokenizer counts somewhat differently.

    `standing` is an hourly rent for the tuned model's own machine, running day and night; None where there is none.
    """

    name: str
    base: TokenPrice
    tuned: TokenPrice
    trained: Quantity  # USD per million training tokens
    machine: Quantity
    standing: Quantity | None = None

    def answering(self, use: Use) -> list[Line]:
        """Tokens in and out, the search on a machine of one's own, and the rent."""
        price = self.tuned if use.tuned else self.base
        lines = [
            Line(use.arm, "request", "tokens read", use.prompt_tokens, price.input),
            Line(use.arm, "request", "tokens written", use.new_tokens, price.output),
            Line(use.arm, "request", "machine time of the search", use.search_seconds, self.machine),
        ]
        if use.tuned and self.standing:
            month = Quantity(HOURS_A_MONTH, "h", Status.ASSUMED, source="day and night")
            lines.append(Line(use.arm, "month", "rent of a machine for the tuned model", month, self.standing))
        return lines

    def training(self, use: Use) -> tuple[Quantity, Quantity]:
        """Tokens, every pass counted."""
        return use.training_tokens, self.trained

    def draw(self, rng: np.random.Generator) -> "Hosted":
        """One plausible value for each price that has a range."""
        standing = self.standing.drawn(rng) if self.standing else None
        return replace(self, trained=self.trained.drawn(rng), machine=self.machine.drawn(rng), standing=standing)


def own_machine() -> OwnMachine:
    """The 2-core cloud machine."""
    return OwnMachine("2-core cloud machine", rates()["vm"])


def laptop() -> OwnMachine:
    """A laptop's electricity."""
    return OwnMachine("laptop, electricity only", laptop_hour())


def hosted(model: str = "gpt-4o-mini") -> Hosted:
    """An OpenAI model with the listed prices of its tuned version."""
    tuned = {"gpt-3.5-turbo": "ft:gpt-3.5-turbo-"}.get(model, f"ft:{model}")
    base, dear = token_price("openai", model), token_price("openai", tuned)
    premium = dear.input.value / base.input.value
    return Hosted(f"{model}, tuned {premium:g} × on input", base, dear, tuning_rates("training")[model], rates()["vm"])


def adapter_host(rented: bool = False) -> Hosted:
    """Llama 3.1 8B with an adapter: at the base model's price, or `rented` on a GPU of one's own, day and night."""
    model = "llama-3.1-8b-instant"
    base, trained = token_price("groq", model), tuning_rates("training")[model]
    if rented:
        return Hosted("8B model, adapter on a rented GPU", base, base.times(0), trained, rates()["vm"], rates()["gpu"])
    return Hosted("8B model, adapter at the base price", base, base.times(1), trained, rates()["vm"])


def tariffs() -> list[Tariff]:
    """Every tariff of the lesson."""
    models = ("gpt-4o-mini", "gpt-4o", "gpt-3.5-turbo")
    return [own_machine(), laptop(), *(hosted(model) for model in models), adapter_host(), adapter_host(rented=True)]
