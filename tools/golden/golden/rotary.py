"""What a loaded reference keeps for its rotary position embedding, and in which precision: it decides what answers are expected."""
import torch


def require_exact_frequencies(model: torch.nn.Module) -> None:
    """Frequencies are float32 as released code keeps them; a model that was cast to bfloat16 and back has rounded ones."""
    for embedding in _rotary_embeddings(model):
        if embedding.inv_freq.dtype != torch.float32 or _is_bfloat16_valued(embedding.inv_freq):
            raise RuntimeError("the rope's inv_freq has been rounded to bfloat16")


def require_rounded_tables(model: torch.nn.Module) -> None:
    """Cosines and sines that are computed once, as the model is made in bfloat16, are bfloat16 numbers."""
    for embedding in _rotary_embeddings(model):
        if not all(_is_bfloat16_valued(table) for table in (embedding.cos_cached, embedding.sin_cached)):
            raise RuntimeError("the rope's cached cosines or sines are not bfloat16 numbers")


def _rotary_embeddings(model: torch.nn.Module) -> list[torch.nn.Module]:
    embeddings = [module for module in model.modules() if hasattr(module, "inv_freq")]
    if not embeddings:
        raise RuntimeError("the model has no rotary position embedding")
    return embeddings


def _is_bfloat16_valued(values: torch.Tensor) -> bool:
    return torch.equal(values.float(), values.to(torch.bfloat16).float())
