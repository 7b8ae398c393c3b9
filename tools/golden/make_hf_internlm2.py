"""Reference outputs of transformers' InternVL (4.55.0, the version that the `-hf` repositories were released with) for a LLaMA text model.
Usage: make_hf_internlm2.py GOLDEN_DIR"""
import shutil
import sys
import tempfile
from pathlib import Path

import torch
from transformers import (
    AddedToken, AutoProcessor, GenerationConfig, GotOcr2ImageProcessorFast, InternVLConfig,
    InternVLForConditionalGeneration, InternVLProcessor, InternVLVideoProcessor, LlamaConfig, LlamaTokenizerFast,
)

from golden.byte_bpe import IMAGE_TOKENS
from golden.hf_chat import CHAT_TEMPLATE, NAMED_TOKENS
from golden.hf_family import MAX_TILES, HfFamily, record_hf_family
from golden.pictures import IMAGE_SIZE, IMAGENET_MEAN, IMAGENET_STD
from golden.pillow_check import require_recorded_pillow
from golden.recording import fresh_directory
from golden.vision import HF_VISION_300M
from golden.weights import randomize

GOLDEN = Path(sys.argv[1])
NAME, SEED = "internvl2_5-hf-internlm2", 4020
SENTENCEPIECE_FAMILY = "mini-internvl-chat-2b-v1-5"
SIZE = dict(height=IMAGE_SIZE, width=IMAGE_SIZE)


def internlm2_tokenizer() -> LlamaTokenizerFast:
    """The SentencePiece model turned into a fast Llama tokenizer that puts no space before a text."""
    with tempfile.TemporaryDirectory() as directory:
        shutil.copy(GOLDEN / SENTENCEPIECE_FAMILY / "checkpoint" / "tokenizer.model", directory)
        tokenizer = LlamaTokenizerFast.from_pretrained(directory, from_slow=True, legacy=False, pad_token="</s>")
    tokenizer._tokenizer.pre_tokenizer.prepend_scheme = "never"
    for text in ("<|im_end|>", "<|im_start|>", *IMAGE_TOKENS, NAMED_TOKENS["video_token"]):
        tokenizer.add_tokens([AddedToken(text, normalized=False, special=True)], special_tokens=True)
    tokenizer.model_max_length = 8192
    return tokenizer


def write_processor(checkpoint: Path) -> InternVLProcessor:
    internlm2_tokenizer().save_pretrained(checkpoint)
    tokenizer = LlamaTokenizerFast.from_pretrained(checkpoint, extra_special_tokens=NAMED_TOKENS)
    normalize = dict(image_mean=list(IMAGENET_MEAN), image_std=list(IMAGENET_STD))
    images = GotOcr2ImageProcessorFast(size=SIZE, crop_to_patches=True, min_patches=1, max_patches=MAX_TILES, **normalize)
    videos = InternVLVideoProcessor(size=SIZE, **normalize)
    processor = InternVLProcessor(images, tokenizer, videos, image_seq_length=4, chat_template=CHAT_TEMPLATE)
    processor.save_pretrained(checkpoint)
    return processor


def config_for(processor: InternVLProcessor) -> InternVLConfig:
    """InternLM2.5's shape as LLaMA. `<video>` is the processor's own token: the embedding has no row for it."""
    text = LlamaConfig(
        vocab_size=len(processor.tokenizer) - 1, hidden_size=128, intermediate_size=224, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, hidden_act="silu", rms_norm_eps=1e-5, rope_theta=1000000.0,
        rope_scaling=dict(type="dynamic", factor=2.0), max_position_embeddings=32768, attention_bias=False,
        bos_token_id=1, eos_token_id=2, pad_token_id=2, tie_word_embeddings=False,
    )
    return InternVLConfig(
        vision_config=HF_VISION_300M, text_config=text, image_token_id=processor.image_token_id, image_seq_length=4
    )


def make() -> None:
    checkpoint = fresh_directory(GOLDEN / NAME / "checkpoint")
    processor = write_processor(checkpoint)
    eos = processor.tokenizer.convert_tokens_to_ids("<|im_end|>")
    model = InternVLForConditionalGeneration(config_for(processor)).eval()
    randomize(model, SEED)
    model.to(torch.bfloat16).save_pretrained(checkpoint)
    # The text config keeps the base model's end token; the one that ends an answer is here.
    GenerationConfig(eos_token_id=eos).save_pretrained(checkpoint)
    loaded = InternVLForConditionalGeneration.from_pretrained(checkpoint, torch_dtype=torch.float32).eval()
    record_hf_family(HfFamily(loaded, AutoProcessor.from_pretrained(checkpoint), eos), GOLDEN, GOLDEN / NAME)


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_num_threads(1)
    require_recorded_pillow(GOLDEN)
    make()
