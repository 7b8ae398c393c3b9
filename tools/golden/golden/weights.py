"""Random weights that make a small network lively: logits far apart, answers that depend on the picture."""
import torch


def randomize(model: torch.nn.Module, seed: int) -> None:
    """Fills every parameter from one generator, in the order of their names; every value is a bfloat16 number."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in sorted(model.named_parameters()):
        noise = torch.randn(parameter.shape, generator=generator)
        parameter.data = _scaled(name, noise).to(torch.bfloat16).float()


def _scaled(name: str, noise: torch.Tensor) -> torch.Tensor:
    if noise.dim() >= 2:
        return noise * (0.5 if "embed" in name else 1.6 / noise.shape[-1] ** 0.5)
    return noise * 0.1 if name.endswith("bias") else 1 + 0.15 * noise
