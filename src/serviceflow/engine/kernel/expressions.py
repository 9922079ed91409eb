"""Expressions laid out in numbers, and their values (see ``program.compile_expression``)."""

from __future__ import annotations

from typing import Any

from serviceflow.engine.kernel import keyed, sampling, stack_machine
from serviceflow.engine.kernel.memory import leaf
from serviceflow.engine.kernel.rows import ints, reals
from serviceflow.engine.program.compile_expression import Code
from serviceflow.engine.random.parameters import CONSTANT, EXPONENTIAL, GAMMA, UNIFORM
from serviceflow.engine.random.samplers import Sampler

IS_CONSTANT, IS_SAMPLER, IS_PROGRAM = range(3)
"""The first word of a code; then the place of its real number, or family and place of the parameters."""

mix_step = keyed.mix_step


def pack_code(code: Code, packer: Any) -> int:
    """Lay an expression out among a packer's numbers; gives its place."""
    if code.constant is not None:
        return _put(packer, [IS_CONSTANT, packer.real(code.constant)])
    if code.sampler is not None:
        packer.families.add(code.sampler.family)
        return _put(packer, [IS_SAMPLER, code.sampler.family, pack_sampler(code.sampler, packer)])
    packer.programs = True
    packer.computes |= None in code.samplers
    packer.stack = max(packer.stack, code.stack + 2)
    arguments = len(packer.reals)
    packer.reals += code.args
    samplers: list[int] = []
    for sampler in code.samplers:
        samplers += (-1, -1) if sampler is None else (sampler.family, pack_sampler(sampler, packer))
    packer.families |= {sampler.family for sampler in code.samplers if sampler is not None}
    listed = _put(packer, samplers)
    return _put(packer, [IS_PROGRAM, len(code.ops), arguments, listed, *code.ops])


def pack_sampler(sampler: Sampler, packer: Any) -> int:
    """The place of a sampler's four parameters, which its table follows."""
    place = len(packer.reals)
    packer.reals += (sampler.a, sampler.b, sampler.c, sampler.d, *sampler.table)
    return place


def _put(packer: Any, numbers: list[int]) -> int:
    place = len(packer.ints)
    packer.ints += numbers
    return place


def needed(packer: Any) -> set[str]:
    """The modules of the kernel that the packed expressions need beside this one."""
    found = {"stack_machine"} if packer.programs else set()
    if packer.computes:
        return {"stack_machine", "quantiles", "gammas", "rare"}
    for family in packer.families:
        if family in sampling.WITH_QUANTILE:
            found.add("quantiles")
        elif family == GAMMA:
            found.add("gammas")
        elif family not in (CONSTANT, EXPONENTIAL, UNIFORM):
            found |= {"rare", "gammas", "quantiles"}
    return found


@leaf
def is_sampler(k: Any, code: int) -> bool:
    return ints(k, code)[0] == IS_SAMPLER


@leaf
def value(
    k: Any, code: int, what: Any, who: Any, number: Any, occurrence: Any, request: int, visit: int
) -> float:
    """The value of an expression for a request at its visit; `what` is 0 where nothing may be drawn."""
    its = ints(k, code)
    if its[0] == IS_CONSTANT:
        return reals(k, its[1])[0]
    if its[0] == IS_SAMPLER:
        return sampling.draw(k, its[1], its[2], what ^ who, number, occurrence)
    return stack_machine.run_program(k, code, what, who, number, occurrence, request, visit)


@leaf
def uniform(k: Any, what: Any, number: Any, occurrence: Any) -> float:
    """A number strictly between 0 and 1."""
    return keyed.first_uniform(k, what, number, occurrence)
