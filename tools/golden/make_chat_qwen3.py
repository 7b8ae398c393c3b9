"""Reference outputs of InternVL3.5's own chat code (transformers 4.55.0) for a Qwen3 family in the custom layout.
Usage: make_chat_qwen3.py INTERNVL_CHAT_GPT_OSS_DIR GOLDEN_DIR"""
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import torch
from internvl.model.internvl_chat import InternVLChatConfig, InternVLChatModel
from internvl.model.internvl_chat.conversation import get_conv_template
from transformers import AddedToken, Qwen2Tokenizer

from golden.byte_bpe import IMAGE_TOKENS, copy_byte_bpe
from golden.chat_family import ChatFamily, record_chat_family
from golden.pictures import IMAGE_SIZE
from golden.pillow_check import require_recorded_pillow
from golden.recording import drop_python_files, fresh_directory
from golden.vision import VISION_300M
from golden.weights import randomize

GOLDEN = Path(sys.argv[2])
NAME, SEED, MAX_TILES = "internvl3_5-qwen3", 3047, 12
# The base model's embedding has more rows than its tokenizer has tokens; the chat code keeps them.
PADDED_ROWS = 13
UNSPECIAL_TOKENS = ("<tool_call>", "</tool_call>", "<think>", "</think>")


def write_tokenizer(checkpoint: Path) -> Qwen2Tokenizer:
    """Qwen3's, in the slow form: its chat tokens, the tokens it does not call special, then the image tokens."""
    vocabulary, merges = copy_byte_bpe(GOLDEN, checkpoint)
    tokenizer = Qwen2Tokenizer(
        vocabulary, merges, unk_token=None, bos_token=None, eos_token="<|endoftext|>", pad_token="<|endoftext|>"
    )
    for text in ("<|im_start|>", "<|im_end|>", *UNSPECIAL_TOKENS, *IMAGE_TOKENS):
        special = text not in UNSPECIAL_TOKENS
        tokenizer.add_tokens([AddedToken(text, normalized=False, special=special)], special_tokens=special)
    tokenizer.add_special_tokens({"eos_token": "<|im_end|>"})
    tokenizer.model_max_length = 8192
    tokenizer.save_pretrained(checkpoint)
    return tokenizer


def config_for(tokenizer: Qwen2Tokenizer) -> InternVLChatConfig:
    """Qwen3-0.6B's shape: heads wider than the hidden size allows, query and key norms, tied embeddings."""
    llm = dict(
        architectures=["Qwen3ForCausalLM"], model_type="qwen3", vocab_size=len(tokenizer) + PADDED_ROWS,
        hidden_size=128, head_dim=48, intermediate_size=256, num_hidden_layers=3, num_attention_heads=4,
        num_key_value_heads=2, hidden_act="silu", rms_norm_eps=1e-6, rope_theta=1000000, rope_scaling=None,
        max_position_embeddings=40960, max_window_layers=28, use_sliding_window=False, sliding_window=None,
        attention_bias=False, attention_dropout=0.0, use_cache=True, tie_word_embeddings=True,
        bos_token_id=0, eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"), torch_dtype="bfloat16",
    )
    return InternVLChatConfig(
        vision_config=VISION_300M, llm_config=llm, template="internvl2_5", ps_version="v2", select_layer=-1,
        dynamic_image_size=True, use_thumbnail=True, max_dynamic_patch=MAX_TILES, force_image_size=IMAGE_SIZE,
        downsample_ratio=0.5,
    )


def make() -> None:
    checkpoint = fresh_directory(GOLDEN / NAME / "checkpoint")
    tokenizer = write_tokenizer(checkpoint)
    model = InternVLChatModel(config_for(tokenizer)).eval()
    randomize(model, SEED)
    # Untrained rows: small, so that no answer takes one.
    model.language_model.get_input_embeddings().weight.data[len(tokenizer):] *= 1 / 64
    model.language_model.tie_weights()
    model.to(torch.bfloat16).save_pretrained(checkpoint, safe_serialization=True)
    drop_python_files(checkpoint)
    loaded = InternVLChatModel.from_pretrained(checkpoint, torch_dtype=torch.float32).eval().float()
    family = ChatFamily(
        loaded, Qwen2Tokenizer.from_pretrained(checkpoint), get_conv_template, MAX_TILES, True, returns_bos=False
    )
    record_chat_family(family, GOLDEN, GOLDEN / NAME)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    require_recorded_pillow(GOLDEN)
    make()
