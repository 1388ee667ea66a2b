"""On-brand replies: letters of customers in eight voices, each with a short answer that obeys the brand guide."""

import json
import random

import values
from asking import policy_aliases, policy_answer, policy_id
from pages import Deck, article, capital
from products import Product

from twolevers.evaluate.brand_rules import APPLIANCES, GREETING, SIGN_OFF

FACTS_PER_PRODUCT = 3
PRODUCTS_PER_POLICY = 14
THANKED = 0.3  # share of replies with a word of thanks


class Replier:
    """Makes rows of replies.csv. Decks spread voices, frames and forms evenly, for each split by itself."""

    def __init__(
        self, products: list[Product], categories: dict, wordings: dict, policies: dict, pool: dict, seed: str
    ):
        self.products, self.categories, self.wordings = products, categories, wordings
        self.policies, self.pool = policies, pool
        self.rng = random.Random(f"{seed}/replies")
        self.deck = Deck(self.rng)

    def rows(self) -> list[dict]:
        """All replies: three facts of each product, then policies; ids in this order."""
        cases = [
            (product, name, product.doc_id, values.aliases(product.attributes[name]), self.wordings[name])
            for product in self.products
            for name in self.rng.sample(list(product.attributes), FACTS_PER_PRODUCT)
        ]
        for name, policy in self.policies.items():
            if name in self.pool["facts"]:
                for product in self.rng.sample(self.products, PRODUCTS_PER_POLICY):
                    answers = policy_aliases(policy_answer(policy, product))
                    cases.append((product, name, policy_id(name), answers, policy["ask"]))
        return [{"reply_id": f"R{i:04d}", **self.row(*case)} for i, case in enumerate(cases, start=1)]

    def row(self, product: Product, name: str, doc_id: str, answers: list[str], ask: dict) -> dict:
        """One letter and its reply."""
        voice, question = self.letter(product, name, ask)
        topic, reply = self.reply(product, name, answers[0])
        return {
            "product": product.title,
            "attribute": name,
            "doc_id": doc_id,
            "topic": topic,
            "voice": voice,
            "question": question,
            "reply": reply,
            "fact": answers,
            "split": product.split,
        }

    def letter(self, product: Product, name: str, ask: dict) -> tuple[str, str]:
        """A voice and what it writes: wordings of training products never meet those of other products."""
        pool = "train" if product.split == "train" else "held"
        imperial = name in self.pool["imperial"]
        others = [voice for voice in self.pool["voices"] if voice != "imperial"]
        voice = "imperial" if imperial and self.rng.random() < 0.5 else self.deck.draw(f"voice/{pool}", others)
        core = (self.pool["imperial"][name] if voice == "imperial" else ask)[pool]
        form = self.deck.draw(f"{name}/{voice == 'imperial'}/{pool}", core)
        frame = self.deck.draw(f"frame/{voice}/{pool}", self.pool["voices"][voice][pool])
        noun = self.categories[product.category]["noun"]
        named = product.title if "{noun}" in frame or "{a}" in frame else f"{product.title} {noun}"
        question = capital(form.format(p=named, **self.categories[product.category]["words"]))
        return voice, frame.format(q=question, l=small(question), p=product.title, noun=noun, a=article(noun))

    def reply(self, product: Product, name: str, value: str) -> tuple[str, str]:
        """Topic and text of the reply that states `value`."""
        spec = self.pool["facts"][name]
        entry = self.categories[product.category]
        house = next(term for term, everyday in APPLIANCES.items() if entry["noun"] in everyday)
        fact = self.deck.draw(f"fact/{name}", spec["forms"]).format(p=product.title, h=house, v=value, **entry["words"])
        step = self.deck.draw(f"step/{name}", spec["offers"])
        offer = self.deck.draw(f"offer/{step}", self.pool["offers"][step])
        thanks = [self.deck.draw("thanks", self.pool["thanks"])] if self.rng.random() < THANKED else []
        hand_off = json.dumps({"topic": spec["topic"], "next": step})
        return spec["topic"], "\n".join([GREETING, " ".join([*thanks, fact, offer]), SIGN_OFF, hand_off])


def small(question: str) -> str:
    """`question` as a hurried hand types it: no capital at the start, no mark at the end."""
    return question[0].lower() + question[1:].rstrip("?.")
