"""Speed of the original InternVL code on a CPU: decode by batch, vision by tiles, prefill; eager attention, as it runs without flash-attn.

Usage: measure_pytorch.py INTERNVL_CHAT_DIR CHECKPOINT fp32|bf16 WORK. WORK is what bench/peers/work.ts writes, in JSON; the
last line of the output is a JSON object in the form of bench/peers/measurement.ts.
"""
import json
import sys
import time

sys.path.insert(0, sys.argv[1])
import torch
import transformers
from internvl.model.internvl_chat.configuration_internvl_chat import InternVLChatConfig
from internvl.model.internvl_chat.modeling_internvl_chat import InternVLChatModel
from transformers.cache_utils import DynamicCache

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16}
WARM_UP_STEPS = 2


def load_model(checkpoint: str, dtype: torch.dtype) -> InternVLChatModel:
    config = InternVLChatConfig.from_pretrained(checkpoint)
    # Phi-3's own padding token, which a small vocabulary does not have; nothing is padded here.
    config.llm_config.pad_token_id = min(config.llm_config.pad_token_id, config.llm_config.vocab_size - 1)
    return InternVLChatModel.from_pretrained(checkpoint, config=config, torch_dtype=dtype).eval()


def seconds_of(run) -> tuple[float, object]:
    started = time.perf_counter()
    result = run()
    return time.perf_counter() - started, result


def forward(model, ids: torch.Tensor, cache: DynamicCache) -> torch.Tensor:
    """One run of the language model as generate() makes it; the most likely next tokens, [batch, 1]."""
    embeddings = model.language_model.get_input_embeddings()(ids)
    output = model.language_model(inputs_embeds=embeddings, past_key_values=cache, use_cache=True, return_dict=True)
    return output.logits[:, -1].argmax(-1, keepdim=True)


def random_ids(model, batch: int, length: int) -> torch.Tensor:
    return torch.randint(model.config.llm_config.vocab_size, (batch, length))


def measure_decode(model, batch: int, prompt_tokens: int, steps: int) -> dict[str, float]:
    cache = DynamicCache()
    tokens = forward(model, random_ids(model, batch, prompt_tokens), cache)
    for _ in range(WARM_UP_STEPS):
        tokens = forward(model, tokens, cache)
    first_context = cache.get_seq_length()

    def decode(tokens=tokens):
        for _ in range(steps):
            tokens = forward(model, tokens, cache)

    seconds, _ = seconds_of(decode)
    return dict(
        batch=batch, steps=steps, firstContext=first_context, lastContext=cache.get_seq_length(),
        tokensPerSecond=batch * steps / seconds,
    )


def measure_vision(model, tiles: int) -> dict[str, float]:
    size = model.config.force_image_size
    pixels = torch.randn(tiles, 3, size, size).to(model.dtype)
    seconds, features = seconds_of(lambda: model.extract_feature(pixels))
    return dict(tiles=tiles, imageTokens=features.shape[0] * features.shape[1], msPerTile=1000 * seconds / tiles)


def measure_prefill(model, prompt_tokens: int) -> dict[str, float]:
    ids = random_ids(model, 1, prompt_tokens)
    seconds, _ = seconds_of(lambda: forward(model, ids, DynamicCache()))
    return dict(promptTokens=prompt_tokens, tokensPerSecond=prompt_tokens / seconds)


def main() -> None:
    _, checkpoint, dtype, work_json = sys.argv[1:]
    work = json.loads(work_json)
    torch.set_num_threads(work["threads"])
    torch.set_grad_enabled(False)
    torch.manual_seed(0)
    model = load_model(checkpoint, DTYPES[dtype])
    decode = work["decode"]
    measure_vision(model, 1)
    result = dict(
        version=f"PyTorch {torch.__version__}, transformers {transformers.__version__}, {torch.get_num_threads()} threads",
        decode=[measure_decode(model, batch, decode["promptTokens"], decode["steps"]) for batch in decode["batches"]],
        vision=[measure_vision(model, tiles) for tiles in work["tiles"]],
        prefill=measure_prefill(model, work["prefillTokens"]),
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
