"""Support messages to Norvik & Tarn, each for one of twelve desks with house names."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, model_validator

from twolevers import paths
from twolevers.data.validate import check_rows, read_csv

if TYPE_CHECKING:
    import pandas as pd

# What each desk does, in words that fit into a prompt.
QUEUES = {
    "Lantern": "an appliance has failed that is under two years old or in guarantee: mend or replace it",
    "Slipway": "an appliance has failed that is older, second-hand or out of guarantee: mend it for pay",
    "Marlin": "danger: smoke, fire, heat, electric shock, injury, or a safety warning",
    "Tamarind": "what was unpacked is damaged, incomplete, used or not what was ordered",
    "Ferrule": "a delivery, collection of an order or fitting visit that has yet to happen: when, where, how",
    "Foxglove": "the customer does not want to keep an appliance that is as ordered: give it back or swap it",
    "Millrace": "money: charges, bills, refunds after a return, instalments, discounts",
    "Quillon": "an appliance and the Hearthline app, the network or its software do not get along",
    "Sedge": "the customer's account, personal data, sign-in, consent, address or ownership record",
    "Thistle": "how to use, clean, set or look after an appliance that works",
    "Ropewalk": "the customer wants to buy a part, filter or accessory and needs no repair",
    "Ninepin": "questions before buying: which one, does it suit, is it to be had, at what price",
}
RULE = (
    "Danger to people or home goes to Marlin, whatever else the message says. Otherwise the desk is that of the one "
    "thing the customer wants done now. What is settled, happened to others or is mentioned in passing does not count."
)

Text = Annotated[str, Field(min_length=1)]


def known_queue(name: str) -> str:
    """`name` if it is a queue."""
    if name not in QUEUES:
        raise ValueError(f"no queue is called {name!r}, choose from {', '.join(QUEUES)}")
    return name


Queue = Annotated[str, AfterValidator(known_queue)]


class TicketRow(BaseModel):
    """One row of tickets.csv. `queue` is the label as given; `clean_queue` is right by the rule."""

    ticket_id: Text
    text: Text
    queue: Queue
    split: Literal["train", "dev", "test"]
    scenario: Text
    voice: Text
    product: Text
    clean_queue: Queue

    @model_validator(mode="after")
    def only_training_labels_are_wrong(self) -> "TicketRow":
        """Dev and test must be labelled right, or a score would measure the noise."""
        if self.split != "train" and self.queue != self.clean_queue:
            raise ValueError(f"a {self.split} ticket's queue must be its clean_queue")
        return self


def load_tickets(path: Path | None = None) -> "pd.DataFrame":
    """One row per message (default: datasets/tickets.csv). UsageError: what is wrong, in which row.

    Columns: ticket_id, text, queue (some training labels are wrong), split, scenario (never in two splits: the
    cluster for intervals), voice, product, clean_queue.
    """
    import pandas as pd

    path = Path(path) if path else paths.datasets() / "tickets.csv"
    rows = check_rows(path, read_csv(path, TicketRow.model_fields), TicketRow, "ticket_id")
    return pd.DataFrame([row.model_dump() for row in rows])
