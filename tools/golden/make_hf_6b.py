"""Reference outputs of transformers' InternVL (5.23.0) for the large vision encoder with a Qwen2.5 text model.
Usage: make_hf_6b.py GOLDEN_DIR"""
import sys
from pathlib import Path

import torch
from transformers import (
    AddedToken, AutoProcessor, GenerationConfig, GotOcr2ImageProcessor, InternVLConfig,
    InternVLForConditionalGeneration, InternVLProcessor, InternVLVideoProcessor, Qwen2Config, Qwen2Tokenizer,
)

from golden.byte_bpe import IMAGE_TOKENS, copy_byte_bpe
from golden.hf_chat import CHAT_TEMPLATE, NAMED_TOKENS
from golden.hf_family import MAX_TILES, HfFamily, record_hf_family
from golden.pictures import IMAGE_SIZE, IMAGENET_MEAN, IMAGENET_STD
from golden.pillow_check import require_recorded_pillow
from golden.recording import fresh_directory
from golden.vision import HF_VISION_6B
from golden.weights import randomize

GOLDEN = Path(sys.argv[1])
NAME, SEED = "internvl3-hf-6b", 5008
SIZE = dict(height=IMAGE_SIZE, width=IMAGE_SIZE)


def qwen2_tokenizer(checkpoint: Path) -> Qwen2Tokenizer:
    """Qwen2.5's: its chat tokens, two that it does not call special, the image tokens, then the processor's `<video>`."""
    vocabulary, merges = copy_byte_bpe(GOLDEN, checkpoint)
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=merges, pad_token="<|endoftext|>", eos_token="<|endoftext|>")
    unspecial = ("<tool_call>", "</tool_call>")
    for text in ("<|im_start|>", "<|im_end|>", *unspecial, *IMAGE_TOKENS, NAMED_TOKENS["video_token"]):
        special = text not in unspecial
        tokenizer.add_tokens([AddedToken(text, normalized=False, special=special)], special_tokens=special)
    tokenizer.eos_token = "<|im_end|>"
    tokenizer.save_pretrained(checkpoint)
    return Qwen2Tokenizer.from_pretrained(checkpoint, extra_special_tokens=NAMED_TOKENS)


def write_processor(checkpoint: Path) -> InternVLProcessor:
    """Transformers 5 writes the image processor into processor_config.json. Whatever `crop_to_patches` says there, the processor cuts tiles."""
    tokenizer = qwen2_tokenizer(checkpoint)
    normalize = dict(image_mean=list(IMAGENET_MEAN), image_std=list(IMAGENET_STD))
    images = GotOcr2ImageProcessor(size=SIZE, crop_to_patches=False, min_patches=1, max_patches=MAX_TILES, **normalize)
    videos = InternVLVideoProcessor(size=SIZE, **normalize)
    processor = InternVLProcessor(images, tokenizer, videos, image_seq_length=4, chat_template=CHAT_TEMPLATE)
    processor.save_pretrained(checkpoint)
    return processor


def config_for(processor: InternVLProcessor, eos: int) -> InternVLConfig:
    text = Qwen2Config(
        vocab_size=len(processor.tokenizer) - 1, hidden_size=128, intermediate_size=224, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, hidden_act="silu", rms_norm_eps=1e-6,
        rope_parameters=dict(rope_type="default", rope_theta=1000000.0), max_position_embeddings=32768,
        use_sliding_window=False, bos_token_id=0, eos_token_id=eos, tie_word_embeddings=False,
    )
    return InternVLConfig(
        vision_config=HF_VISION_6B, text_config=text, image_token_id=processor.image_token_id, image_seq_length=4,
        tie_word_embeddings=False,
    )


def make() -> None:
    checkpoint = fresh_directory(GOLDEN / NAME / "checkpoint")
    processor = write_processor(checkpoint)
    eos = processor.tokenizer.convert_tokens_to_ids("<|im_end|>")
    model = InternVLForConditionalGeneration(config_for(processor, eos)).eval()
    randomize(model, SEED)
    model.to(torch.bfloat16).save_pretrained(checkpoint)
    GenerationConfig(eos_token_id=eos).save_pretrained(checkpoint)
    loaded = InternVLForConditionalGeneration.from_pretrained(checkpoint, dtype=torch.float32).eval()
    record_hf_family(HfFamily(loaded, AutoProcessor.from_pretrained(checkpoint), eos), GOLDEN, GOLDEN / NAME)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    require_recorded_pillow(GOLDEN)
    make()
