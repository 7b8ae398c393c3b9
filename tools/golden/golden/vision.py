"""Small vision encoders in the two kinds that are released."""
from .pictures import IMAGE_SIZE

_COMMON = dict(
    architectures=["InternVisionModel"], model_type="intern_vit_6b", image_size=IMAGE_SIZE, patch_size=14,
    num_channels=3, layer_norm_eps=1e-6, hidden_act="gelu", dropout=0.0, attention_dropout=0.0, drop_path_rate=0.0,
    initializer_range=0.1, initializer_factor=1.0, use_flash_attn=False,
)
VISION_300M = dict(
    _COMMON, hidden_size=64, num_attention_heads=4, intermediate_size=128, num_hidden_layers=3,
    qkv_bias=True, qk_normalization=False, norm_type="layer_norm",
)
VISION_6B = dict(
    _COMMON, hidden_size=96, num_attention_heads=6, intermediate_size=160, num_hidden_layers=5,
    qkv_bias=False, qk_normalization=True, norm_type="rms_norm",
)

_HF_COMMON = dict(
    model_type="internvl_vision", image_size=[IMAGE_SIZE, IMAGE_SIZE], patch_size=[14, 14], layer_norm_eps=1e-6,
    hidden_act="gelu", use_absolute_position_embeddings=True, use_mean_pooling=True, layer_scale_init_value=0.1,
)
HF_VISION_300M = dict(
    _HF_COMMON, hidden_size=64, num_attention_heads=4, intermediate_size=128, num_hidden_layers=3,
    attention_bias=True, use_qk_norm=False, norm_type="layer_norm",
)
HF_VISION_6B = dict(
    _HF_COMMON, hidden_size=96, num_attention_heads=6, intermediate_size=160, num_hidden_layers=5,
    attention_bias=False, use_qk_norm=True, norm_type="rms_norm",
)
