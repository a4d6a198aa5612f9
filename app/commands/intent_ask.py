"""`monodesk intent ask TEXT`: what the desk's engine makes of a message, and why."""

import argparse
import asyncio
import os
import sys

import msgspec

from app.commands.voice import OK, USAGE, Voice
from app.control import AskIntent, ask
from app.folder import Folder
from app.model.intents import Classification, Outcome, Tier
from app.settings import Settings, load

_OUTCOMES = {
    Outcome.ANSWER: ("answered", "回答"),
    Outcome.OFFER: ("the best three are offered", "给出三个选项"),
    Outcome.HAND_OVER: ("left to a human", "转人工"),
}
_TIERS = {
    Tier.CONFIRMED: ("a confirmed phrase", "已确认的例句"),
    Tier.RULE: ("a rule", "规则"),
    Tier.FUZZY: ("a phrase nearly the same", "近似的例句"),
    Tier.MODEL: ("the model", "模型"),
    Tier.PACK: ("the language pack", "语言包"),
    Tier.NONE: ("nothing", "无"),
}


def run(options: argparse.Namespace, voice: Voice) -> int:
    """Say what is done with it, by which tier, and what came second."""
    text = " ".join(options.files)
    if not text.strip():
        en, zh = "monodesk: say a message: monodesk intent ask TEXT", "monodesk：请给出消息：monodesk intent ask 文本"
        print(voice.pick(en, zh), file=sys.stderr)
        return USAGE
    settings = load({"data": options.data}, os.environ)
    said = _said(settings, AskIntent(text, options.inbox or "", options.language or ""))
    if options.json:
        print(msgspec.json.encode(said).decode())
    else:
        _tell(said, voice)
    return OK


def _said(settings: Settings, request: AskIntent) -> Classification:
    """By the server; where none runs, here."""
    answer = ask(Folder(settings.data).control, request)
    if answer is None:
        from app.appliance import carry_alone

        answer = asyncio.run(carry_alone(settings, request))
    return msgspec.json.decode(str(answer["classification"]), type=Classification)


def _tell(said: Classification, voice: Voice) -> None:
    outcome, tier = voice.pick(*_OUTCOMES[said.outcome]), voice.pick(*_TIERS[said.tier])
    voice.say(
        f"{said.intent or '-'}: {outcome} (confidence {said.confidence:.2f}, by {tier})",
        f"{said.intent or '-'}：{outcome}（置信度 {said.confidence:.2f}，依据：{tier}）",
    )
    if said.rule:
        voice.say(f"  rule      {said.rule}", f"  规则      {said.rule}")
    for name, value in said.slots.items():
        print(f"  {{{name}}}  {value}")
    for one in said.candidates[1:]:
        voice.say(f"  or        {one.intent} {one.confidence:.2f}", f"  或        {one.intent} {one.confidence:.2f}")
    for near in said.near:
        how = f"{near.ratio:5.1f}  {near.text}  ({near.intent})"
        voice.say(f"  like      {how}", f"  近似      {how}")
    if said.tier == Tier.MODEL:
        voice.say(
            f"  model     margin {said.margin:.2f}, maximum {said.maximum:.2f}",
            f"  模型      间隔 {said.margin:.2f}，最大值 {said.maximum:.2f}",
        )
    voice.say(f"  read as   {said.normalised}", f"  读作      {said.normalised}")
