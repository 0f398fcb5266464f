"""Our NLU components: normalisation, character tokens, pinyin features and the rule-based entity layer."""
