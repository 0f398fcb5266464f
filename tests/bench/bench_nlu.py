"""Intents and entities by cross-validation over ``data/nlu``, outside Rasa with the features of ``bot/config.yml``.

Prints accuracy, macro-F1, the recall of each intent, the worst confusions with their sentences, what thresholds of
FallbackClassifier would reject, and the F1 of whole names and addresses (rules and CRF, one 80/20 split).
Run: ``python -m tests.bench.bench_nlu [--c 1 3 10] [--show 40] [--no-embedding]``; some minutes.
"""

import argparse
import os
import re
from collections import Counter
from collections.abc import Iterable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import sklearn_crfsuite
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split

from bot.nlu.entity_words import entity_words
from bot.nlu.normalisation import normalise
from bot.nlu.people_places import PeoplePlacesExtractor
from bot.nlu.pinyin import syllable
from bot.nlu.sentence_embedding import embedded
from bot.nlu.tokenizer import tokens_of
from tests.bot.sentences import Sentence, sentences

FOLDS, SEED = 5, 42
LEARNED = ("person_name", "address")
KEEN = ("file_complaint", "report_emergency", "request_human")


def words(text: str) -> list[str]:
    """The tokens of a text as Rasa counts them."""
    return countable(token.text for token in tokens_of(normalise(text)))


def countable(tokens: Iterable[str]) -> list[str]:
    """What CountVectorsFeaturizer makes of tokens: numbers are one word, punctuation none."""
    return ["__number__" if token.isdigit() else token for token in tokens if re.fullmatch(r"\w+", token)]


class Features:
    """What ``bot/config.yml`` gives the classifier; vocabularies are of the training texts only."""

    def __init__(self, embedding: bool) -> None:
        self.characters = CountVectorizer(analyzer="word", tokenizer=str.split, token_pattern=None, ngram_range=(1, 3))
        self.sounds = CountVectorizer(analyzer="word", tokenizer=str.split, token_pattern=None, ngram_range=(1, 2))
        self.embedding = embedding

    def fit(self, texts: list[str]) -> csr_matrix:
        """Learn the vocabulary."""
        self.characters.fit(" ".join(countable(entity_words(text))) for text in texts)
        self.sounds.fit(" ".join(map(syllable, words(text))) for text in texts)
        return self.of(texts)

    def of(self, texts: list[str]) -> csr_matrix:
        """The matrix of texts."""
        parts = [self.characters.transform(" ".join(countable(entity_words(text))) for text in texts),
                 self.sounds.transform(" ".join(map(syllable, words(text))) for text in texts)]
        if self.embedding:
            parts.append(csr_matrix(np.vstack([embedded(normalise(text).text) * 10 for text in texts])))
        return hstack(parts).tocsr()


def cross_validated(texts: list[str], intents: np.ndarray, c: float, embedding: bool) -> tuple[np.ndarray, np.ndarray]:
    """For every sentence the probabilities given by a model that never saw it, and the names of the columns."""
    names = np.unique(intents)
    probabilities = np.zeros((len(texts), len(names)))
    for train, test in StratifiedKFold(FOLDS, shuffle=True, random_state=SEED).split(texts, intents):
        features = Features(embedding)
        model = LogisticRegression(solver="liblinear", C=c, class_weight="balanced", max_iter=200, random_state=SEED)
        model.fit(features.fit([texts[i] for i in train]), intents[train])
        probabilities[test] = model.predict_proba(features.of([texts[i] for i in test]))
    return probabilities, names


def report_intents(data: list[Sentence], probabilities: np.ndarray, names: np.ndarray, show: int) -> None:
    """Accuracy, recalls and confusions."""
    intents = np.array([one.intent for one in data])
    said = names[probabilities.argmax(axis=1)]
    print(f"accuracy {np.mean(said == intents):.4f}  macro-F1 {f1_score(intents, said, average='macro'):.4f}")
    print("recall:", "  ".join(f"{name} {np.mean(said[intents == name] == name):.2f}"
                               for name in sorted(names, key=lambda one: np.mean(said[intents == one] == one))))
    print("keen:", "  ".join(f"{name} {np.mean(said[intents == name] == name):.3f}" for name in KEEN))
    confusions = Counter((a, b) for a, b in zip(intents, said, strict=True) if a != b)
    print("worst confusions:", "; ".join(f"{a} as {b} {n}" for (a, b), n in confusions.most_common(25)))
    top = probabilities.max(axis=1)
    for i in sorted(np.flatnonzero(said != intents), key=lambda i: -top[i])[:show]:
        print(f"  {top[i]:.2f} {intents[i]} -> {said[i]}: {data[i].text}")


def report_thresholds(intents: np.ndarray, probabilities: np.ndarray, names: np.ndarray, nonsense: np.ndarray) -> None:
    """What is rejected: in scope (also where the first guess was right), out of scope, and nonsense seen nowhere."""
    said = names[probabilities.argmax(axis=1)]
    inside = intents != "out_of_scope"
    for threshold, ambiguity in ((0.2, 0.0), (0.2, 0.03), (0.25, 0.03), (0.3, 0.03), (0.3, 0.04), (0.4, 0.05)):
        def rejected(some: np.ndarray, t: float = threshold, a: float = ambiguity) -> np.ndarray:
            best = np.sort(some, axis=1)[:, ::-1]
            return (best[:, 0] < t) | (best[:, 0] - best[:, 1] < a)

        out = rejected(probabilities)
        right, far = inside & (said == intents), rejected(nonsense)
        far_said = names[nonsense.argmax(axis=1)]
        print(f"threshold {threshold} ambiguity {ambiguity}: in scope rejected {out[inside].mean():.3f}"
              f" (of the right ones {out[right].mean():.3f}, of the wrong ones {out[inside & ~right].mean():.3f});"
              f" out of scope caught {(out | (said == 'out_of_scope'))[~inside].mean():.3f};"
              f" nonsense caught {(far | (far_said == 'out_of_scope')).mean():.3f}")


NONSENSE = """wqe
zzzzq
poiu
mnbvc
kjdhf ksjdf
rtyu 123
%%%
。。。
嘟嘟嘟
哒哒哒哒
魑魅魍魉
锄禾日当午
床前明月光
白日依山尽
三七二十一
你知道牛顿吗
月球上有水吗
帮我算一下圆周率
太阳为什么东升西落
足球越位是什么意思
推荐一款口红
面膜哪个牌子好用
我儿子期末考了第一名
孩子不爱吃蔬菜咋办
昨天钓了一条大鱼
隔壁老王又买新车了
广场舞几点开始跳
麻将怎么胡牌
斗地主缺一个
今天心情真好
我想去西藏
飞机为什么能飞
世界上最长的河
美国总统是谁
唐僧有几个徒弟
水的沸点是多少
怎么腌咸菜
小龙虾怎么洗
豆浆机打豆浆放多少水
毛衣起球怎么办
书法班在哪报名
跑步膝盖疼
近视手术多少钱
羽绒服怎么洗
学校什么时候开学
四级成绩什么时候出
考驾照科目二怎么过
老板不给涨工资
同事总是甩锅给我
我要辞职
帮我想个微信名
朋友圈文案
给我写个请假条
春联怎么写
翻译一下good luck
谁发明了电灯
黑洞是什么
猫为什么怕水
仓鼠能活多久
多肉怎么浇水
lol
hahaha
whatever
what is your favorite color
how old is the earth
sing me a song""".splitlines()


def nonsense_probabilities(texts: list[str], intents: np.ndarray, c: float, embedding: bool) -> np.ndarray:
    """What a model of all sentences makes of messages no desk handles."""
    features = Features(embedding)
    model = LogisticRegression(solver="liblinear", C=c, class_weight="balanced", max_iter=200, random_state=SEED)
    model.fit(features.fit(texts), intents)
    return model.predict_proba(features.of(NONSENSE))


Span = tuple[str, int, int]


def report_entities(data: list[Sentence]) -> None:
    """Precision, recall and F1 of whole names and addresses on a fifth of the sentences: CRF, rules, rules then CRF."""
    train, test = train_test_split(data, test_size=0.2, random_state=SEED, stratify=[one.intent for one in data])
    crf = sklearn_crfsuite.CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=50, all_possible_transitions=True)
    crf.fit([crf_features(one.text) for one in train], [bilou(one) for one in train])
    rules = PeoplePlacesExtractor(PeoplePlacesExtractor.get_default_config())
    learned = [crf_spans(one.text, crf.predict_marginals_single(crf_features(one.text))) for one in test]
    ruled = [{(one["entity"], one["start"], one["end"]) for one in rules.entities(sentence.text)} for sentence in test]
    both = [some | {one for one in more if all(one[2] <= other[1] or one[1] >= other[2] for other in some)}
            for some, more in zip(ruled, learned, strict=True)]
    for name, spans in (("CRF", learned), ("rules", ruled), ("rules, then CRF", both)):
        for kind in LEARNED:
            gold = [{(m.entity, m.start, m.end) for m in one.marks if m.entity == kind} for one in test]
            said = [{one for one in some if one[0] == kind} for some in spans]
            right = sum(len(a & b) for a, b in zip(gold, said, strict=True))
            precision, recall = right / max(1, sum(map(len, said))), right / max(1, sum(map(len, gold)))
            f1 = 2 * precision * recall / max(1e-9, precision + recall)
            print(f"{name} {kind}: precision {precision:.3f} recall {recall:.3f} F1 {f1:.3f}")


def crf_features(text: str) -> list[dict[str, object]]:
    """As CRFEntityExtractor with ``low`` and ``digit`` of two tokens on both sides."""
    tokens = [token.text for token in tokens_of(normalise(text))]
    padded = ["<s>", "<s>", *tokens, "</s>", "</s>"]
    return [{"bias": 1.0, **{f"{k - 2}:low": padded[i + k] for k in range(5)},
             **{f"{k - 2}:digit": padded[i + k].isdigit() for k in range(5)}} for i in range(len(tokens))]


def bilou(one: Sentence) -> list[str]:
    """The tags of a sentence."""
    tokens = tokens_of(normalise(one.text))
    tags = ["O"] * len(tokens)
    for mark in one.marks:
        inside = [i for i, token in enumerate(tokens) if mark.start <= token.start and token.end <= mark.end]
        if mark.entity in LEARNED and inside:
            for i in inside:
                tags[i] = f"{'B' if i == inside[0] else 'L' if i == inside[-1] else 'I'}-{mark.entity}"
            if len(inside) == 1:
                tags[inside[0]] = f"U-{mark.entity}"
    return tags


def crf_spans(text: str, marginals: list[dict[str, float]]) -> set[Span]:
    """The entities of which the CRF is sure enough."""
    tokens, spans, start = tokens_of(normalise(text)), set(), None
    best = [max(one, key=one.__getitem__) for one in marginals]
    for i, tag in enumerate(best):
        start = i if tag[0] in "BU" else None if tag == "O" else start
        if tag[0] in "LU" and start is not None and min(max(one.values()) for one in marginals[start:i + 1]) >= 0.6:
            spans.add((tag[2:], tokens[start].start, tokens[i].end))
    return {one for one in spans if one[2] - one[1] >= 2}


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--c", type=float, nargs="*", default=[1.0])
    parser.add_argument("--show", type=int, default=40, help="wrong sentences to print")
    parser.add_argument("--no-embedding", action="store_true", help="sparse features only")
    options = parser.parse_args()
    data = sentences()
    texts, intents = [one.text for one in data], np.array([one.intent for one in data])
    print(f"{len(data)} sentences, {len(set(intents))} intents, {FOLDS} folds")
    for c in options.c:
        print(f"--- C={c}")
        probabilities, names = cross_validated(texts, intents, c, not options.no_embedding)
        report_intents(data, probabilities, names, options.show)
        report_thresholds(intents, probabilities, names,
                          nonsense_probabilities(texts, intents, c, not options.no_embedding))
    report_entities(data)


if __name__ == "__main__":
    main()
