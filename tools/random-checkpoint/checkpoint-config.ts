import {
  type CheckpointShape,
  type LanguageFamily,
  type LanguageShape,
  type VisionShape,
} from './checkpoint-shape.js';

const FAMILY_SETTINGS: Record<LanguageFamily, { architectures: string[]; model_type: string }> = {
  phi3: { architectures: ['Phi3ForCausalLM'], model_type: 'phi3' },
  internlm2: { architectures: ['InternLM2ForCausalLM'], model_type: 'internlm2' },
  llama: { architectures: ['LlamaForCausalLM'], model_type: 'llama' },
  qwen2: { architectures: ['Qwen2ForCausalLM'], model_type: 'qwen2' },
};

/** `config.json` of a checkpoint, with the keys that released ones have. */
export function toCheckpointConfig({ vision, language, settings }: CheckpointShape): object {
  return {
    _commit_hash: null,
    architectures: ['InternVLChatModel'],
    auto_map: {
      AutoConfig: 'configuration_internvl_chat.InternVLChatConfig',
      AutoModel: 'modeling_internvl_chat.InternVLChatModel',
      AutoModelForCausalLM: 'modeling_internvl_chat.InternVLChatModel',
    },
    downsample_ratio: 0.5,
    force_image_size: vision.tileSize,
    llm_config: toLanguageConfig(language),
    min_dynamic_patch: 1,
    model_type: 'internvl_chat',
    pad2square: false,
    select_layer: -1,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    transformers_version: null,
    use_backbone_lora: 0,
    use_llm_lora: 0,
    vision_config: toVisionConfig(vision),
    ...settings,
  };
}

function toLanguageConfig(shape: LanguageShape): object {
  return {
    ...FAMILY_SETTINGS[shape.family],
    attention_dropout: 0,
    hidden_act: 'silu',
    hidden_size: shape.hidden,
    initializer_range: 0.02,
    intermediate_size: shape.intermediate,
    max_position_embeddings: shape.contextTokens,
    num_attention_heads: shape.heads,
    num_hidden_layers: shape.layers,
    num_key_value_heads: shape.kvHeads,
    rms_norm_eps: shape.normEpsilon,
    rope_theta: shape.ropeTheta,
    tie_word_embeddings: false,
    torch_dtype: 'bfloat16',
    use_cache: true,
    vocab_size: shape.vocabulary,
    ...shape.settings,
  };
}

/** A released configuration calls every size of InternViT `intern_vit_6b`. */
function toVisionConfig(shape: VisionShape): object {
  return {
    architectures: ['InternVisionModel'],
    attention_dropout: 0,
    drop_path_rate: 0,
    dropout: 0,
    hidden_act: 'gelu',
    hidden_size: shape.hidden,
    image_size: shape.tileSize,
    initializer_factor: 1,
    initializer_range: 0.02,
    intermediate_size: shape.intermediate,
    layer_norm_eps: 1e-6,
    model_type: 'intern_vit_6b',
    norm_type: shape.isNormalised ? 'rms_norm' : 'layer_norm',
    num_attention_heads: shape.heads,
    num_channels: 3,
    num_hidden_layers: shape.layers,
    patch_size: 14,
    qk_normalization: shape.isNormalised,
    qkv_bias: !shape.isNormalised,
    torch_dtype: 'bfloat16',
    use_flash_attn: true,
  };
}
