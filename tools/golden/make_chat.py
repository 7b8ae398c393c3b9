"""Reference outputs of the original chat code (transformers 4.37.2) for families in the custom layout.
Usage: make_chat.py INTERNVL_CHAT_DIR GOLDEN_DIR [FAMILY ...]"""
import json
import shutil
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import torch
from internvl.conversation import get_conv_template
from internvl.model.internvl_chat.configuration_internvl_chat import InternVLChatConfig
from internvl.model.internvl_chat.modeling_internvl_chat import InternVLChatModel
from transformers import AddedToken, CLIPImageProcessor, LlamaTokenizer, Qwen2Tokenizer

from golden.byte_bpe import IMAGE_TOKENS, copy_byte_bpe
from golden.chat_family import ChatFamily, record_chat_family
from golden.pictures import IMAGE_SIZE
from golden.pillow_check import require_recorded_pillow
from golden.recording import drop_python_files, edit_json, fresh_directory, write_json
from golden.rotary import require_rounded_tables
from golden.vision import VISION_300M, VISION_6B
from golden.weights import randomize

GOLDEN = Path(sys.argv[2])
# As the base model's tokenizer brings it; chat() does not look at it.
QWEN2_CHAT_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CLIP_PREPROCESSOR = dict(
    crop_size=IMAGE_SIZE, do_center_crop=True, do_normalize=True, do_resize=True,
    feature_extractor_type="CLIPFeatureExtractor", image_mean=[0.48145466, 0.4578275, 0.40821073],
    image_std=[0.26862954, 0.26130258, 0.27577711], resample=3, size=IMAGE_SIZE,
)


def token(text: str, special: bool = True) -> AddedToken:
    return AddedToken(text, rstrip=False, lstrip=False, normalized=False, special=special)


def qwen2_tokenizer(checkpoint: Path):
    """Qwen2's, in the slow form: `<|endoftext|>`, `<|im_start|>`, `<|im_end|>`, then the image tokens."""
    vocabulary, merges = copy_byte_bpe(GOLDEN, checkpoint)
    tokenizer = Qwen2Tokenizer(vocabulary, merges, unk_token=None, bos_token=None, eos_token="<|endoftext|>", pad_token="<|endoftext|>")
    for text in ("<|im_start|>", "<|im_end|>", *IMAGE_TOKENS):
        tokenizer.add_tokens([token(text)], special_tokens=True)
    tokenizer.add_special_tokens({"eos_token": "<|im_end|>"})
    tokenizer.chat_template = QWEN2_CHAT_TEMPLATE
    tokenizer.model_max_length = 8192
    return tokenizer


def yi_tokenizer(checkpoint: Path):
    shutil.copy(GOLDEN / "internvl-chat-v1-2" / "checkpoint" / "tokenizer.model", checkpoint / "tokenizer.model")
    tokenizer = LlamaTokenizer(f"{checkpoint}/tokenizer.model", legacy=False, add_bos_token=False, pad_token="<unk>")
    added = [token("<|im_start|>", special=False), token("<|im_end|>"), token("<|endoftext|>")]
    tokenizer.add_tokens(added + [token(text) for text in IMAGE_TOKENS], special_tokens=True)
    return tokenizer


def internvl2_1b(vocabulary_size: int) -> dict[str, object]:
    """Seven query heads to a key head and a width of an odd number of 32s, as Qwen2-0.5B has them."""
    llm = dict(
        architectures=["Qwen2ForCausalLM"], model_type="qwen2", vocab_size=vocabulary_size, hidden_size=224,
        intermediate_size=160, num_hidden_layers=3, num_attention_heads=14, num_key_value_heads=2, hidden_act="silu",
        rms_norm_eps=1e-6, rope_theta=1000000.0, max_position_embeddings=32768, max_window_layers=24,
        use_sliding_window=False, sliding_window=32768, attention_dropout=0.0, use_cache=True,
        bos_token_id=0, eos_token_id=vocabulary_size - 10, tie_word_embeddings=False, torch_dtype="bfloat16",
    )
    return dict(
        vision_config=VISION_300M, llm_config=llm, template="Hermes-2", ps_version="v2", select_layer=-1,
        dynamic_image_size=True, use_thumbnail=True, max_dynamic_patch=12, force_image_size=IMAGE_SIZE,
        downsample_ratio=0.5,
    )


def internvl_chat_v1_2_plus(vocabulary_size: int) -> dict[str, object]:
    """Yi's shape: seven query heads to a key head, a large rope base."""
    llm = dict(
        architectures=["LlamaForCausalLM"], model_type="llama", vocab_size=vocabulary_size, hidden_size=112,
        intermediate_size=208, num_hidden_layers=3, num_attention_heads=7, num_key_value_heads=1, hidden_act="silu",
        rms_norm_eps=1e-5, rope_theta=5000000.0, max_position_embeddings=4096, attention_dropout=0.0, use_cache=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=0, tie_word_embeddings=False,
    )
    return dict(
        vision_config=VISION_6B, llm_config=llm, template="Hermes-2", select_layer=-1,
        force_image_size=IMAGE_SIZE, downsample_ratio=0.5,
    )


def drop_class_defaults(checkpoint: Path) -> None:
    """Configs of early 2024 lack the keys that came later; the classes' defaults are what those models mean."""
    config = json.loads((checkpoint / "config.json").read_text(encoding="utf8"))
    absent = ("norm_type", "qkv_bias", "qk_normalization")
    vision = {key: value for key, value in config["vision_config"].items() if key not in absent}
    edit_json(
        checkpoint / "config.json", vision_config=vision,
        drop=("ps_version", "dynamic_image_size", "use_thumbnail", "min_dynamic_patch", "max_dynamic_patch"),
    )


def clip_pixels(checkpoint: Path):
    """As the quick start of V1-1 and V1-2 does: resize to the square first, then the checkpoint's own processor."""
    processor = CLIPImageProcessor.from_pretrained(checkpoint)
    return lambda tiles: processor(images=tiles, return_tensors="pt").pixel_values


FAMILIES = {
    "internvl2-1b": dict(config=internvl2_1b, tokenizer=qwen2_tokenizer, seed=2014, max_tiles=12, thumbnail=True),
    "internvl-chat-v1-2-plus": dict(config=internvl_chat_v1_2_plus, tokenizer=yi_tokenizer, seed=2103, max_tiles=1, thumbnail=False),
}


def make(name: str) -> None:
    facts = FAMILIES[name]
    checkpoint = fresh_directory(GOLDEN / name / "checkpoint")
    tokenizer = facts["tokenizer"](checkpoint)
    tokenizer.save_pretrained(checkpoint)
    model = InternVLChatModel(InternVLChatConfig(**facts["config"](len(tokenizer)))).eval()
    randomize(model, facts["seed"])
    model.to(torch.bfloat16).save_pretrained(checkpoint, safe_serialization=True)
    drop_python_files(checkpoint)
    extra = {}
    if name == "internvl-chat-v1-2-plus":
        write_json(checkpoint / "preprocessor_config.json", CLIP_PREPROCESSOR)
        drop_class_defaults(checkpoint)
        extra = dict(pixels=clip_pixels(checkpoint))
    # As the model card loads it, then computed in float32: this code keeps its tables in the type of the weights.
    loaded = InternVLChatModel.from_pretrained(checkpoint, torch_dtype=torch.bfloat16).eval().float()
    require_rounded_tables(loaded)
    loaded_tokenizer = type(tokenizer).from_pretrained(checkpoint)
    family = ChatFamily(
        loaded, loaded_tokenizer, get_conv_template, facts["max_tiles"], facts["thumbnail"], returns_bos=True, **extra
    )
    record_chat_family(family, GOLDEN, GOLDEN / name)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    require_recorded_pillow(GOLDEN)
    for family_name in sys.argv[3:] or FAMILIES:
        make(family_name)
