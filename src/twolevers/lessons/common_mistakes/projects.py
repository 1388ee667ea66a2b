"""Lesson 13, the four projects: the suspects of each, and what the evidence says of them."""

from twolevers.learn.clinic import Clinic

ONE = Clinic(
    "clinic-one",
    {
        "Too few passes: it had not settled.": (
            "Look at the last loss and at the sign-off: what was trained is there. More of the same would teach the "
            "same sentences better."
        ),
        "It learned sentences and not facts, and the sign-off asked for the sentences.": (
            "Sign-off and training share every word. A customer's words differ, and the value often stays away."
        ),
        "The pages are wrong.": (
            "The training column shows the page's own value beside each wrong answer. It was there to be learned."
        ),
        "The search finds the wrong page.": "There is no search in this project: that was its point.",
    },
    "It learned sentences and not facts, and the sign-off asked for the sentences.",
)
TWO = Clinic(
    "clinic-two",
    {
        "The search finds nothing of the guide.": "The first row says that the prompts hold parts of it.",
        "The checks are too strict for anybody.": "The house's own replies pass them.",
        "The passages lack the facts.": (
            "Right pages are in the prompts. And a missing fact would not explain a missing greeting."
        ),
        "It treats a way of writing as something to be looked up.": (
            "A letter finds the rules that sound like it, and each reply needs all eight. A manner is no fact that a "
            "question asks for. And what was found is not always followed."
        ),
    },
    "It treats a way of writing as something to be looked up.",
)
THREE = Clinic(
    "clinic-three",
    {
        "The customers have changed.": (
            "Both months come from the same voices and desks. What is new in the first month is the matters."
        ),
        "The test was too small.": "Look at the two intervals: chance does not part them that far.",
        "Test and training hold the same matters, told in other words.": (
            "The messages of one matter stand on both sides of the split. The test asked for memory of them; the first "
            "month brought matters that nobody had written about yet."
        ),
        "The labels are wrong too often.": (
            "A few in a hundred are. They stand in the training of both tests, and would lower both."
        ),
    },
    "Test and training hold the same matters, told in other words.",
)
FOUR = Clinic(
    "clinic-four",
    {
        "The tuned model saw the test letters.": "No product of a test letter stands in the training: it was checked.",
        "The prompt that lost was the first one that anybody wrote.": (
            "Weeks went into one rival and a minute into the other. What a prompt can do was never asked."
        ),
        "There are too few letters to say anything.": "Set the gap beside the two intervals: chance does not make it.",
        "Nothing: the tuned model is better.": (
            "Better than one prompt. The report says better than prompting, which it did not try."
        ),
    },
    "The prompt that lost was the first one that anybody wrote.",
)
