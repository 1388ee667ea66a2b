"""What this engine is tested for. Any other model would load and might answer wrongly: `refuse` says no before."""

from twolevers.errors import UsageError


class Unproven(UsageError):
    """This engine is not tested for the model, and might answer wrongly: transformers takes it."""


SUPPORTED = ("llama", "mistral", "qwen2", "qwen3")


def refuse(config) -> None:
    """Raise Unproven for what the tests do not prove: such a model would load and answer wrongly."""
    if config.model_type not in SUPPORTED:
        raise Unproven(
            f"Model type {config.model_type!r} is not supported: choose a model of type {', '.join(SUPPORTED)}."
        )
    rope = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    scaling = rope.get("rope_type", rope.get("type", "default"))
    sliding = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    reasons = {
        f"the activation {getattr(config, 'hidden_act', 'silu')!r}": getattr(config, "hidden_act", "silu") != "silu",
        "biases in its MLP": getattr(config, "mlp_bias", False),
        "a bias on the attention's output": getattr(config, "attention_bias", False),
        "sliding windows": sliding,
        f"rotary scaling {scaling!r}": scaling != "default",
    }
    if found := [what for what, there in reasons.items() if there]:
        raise Unproven(
            f"This model has {' and '.join(found)}, which the course's engine does not know: choose another."
        )
