"""A small problem, and backends that misbehave in every way; a fixture makes it a module of a distribution."""

import multiprocessing
import os
import signal
import sys
import time
from dataclasses import dataclass

import numpy as np

from qmectk import Backend, Binary, Instance, LearnedBackend, Problem, ProblemParams, Reply, Termination, view
from qmectk.options import option

#: Some libraries make one on import; a worker that is killed must not leave it behind.
SEMAPHORE = multiprocessing.Semaphore()


class Bits(Binary):
    """Set bits are worth their numbers."""

    sense = 1

    def __init__(self, worth):
        self.worth, self.n = worth, len(worth)

    def score(self, actions):
        return np.atleast_2d(actions) @ self.worth

    def complete(self, action):
        return {"x": np.asarray(action, dtype=float)}


class ToyInstance(Instance):
    """The sum of worths of the bits that are set."""

    unit = "points"

    def __init__(self, worth, label, problem):
        self.worth, self.label, self.problem = worth, label, problem

    def declare(self, m):
        x = m.var("x", len(self.worth), kind="binary")
        m.maximize(m.dot(self.worth, x))

    @view(Binary)
    def bits(self):
        return Bits(self.worth)


class Toy(Problem):
    """Nothing to compile, so that a worker is ready at once."""

    name, Params = "toy", ProblemParams

    def stream(self, start, stop):
        draws = [np.random.default_rng([self.params.seed, t]).uniform(size=6) for t in range(start, stop)]
        return [ToyInstance(worth, f"toy {t}", self) for t, worth in enumerate(draws, start)]


class Polite(Backend):
    """Draws an action; leaves a mark for every call when asked to."""

    name, accepts = "polite", (Binary,)

    def solve(self, view, budget, rng):
        marks = os.environ.get("QMECTK_TEST_MARKS")
        if marks:
            with open(marks, "a") as file:
                file.write(f"{view.n}\n")
        return Reply(rng.integers(0, 2, view.n).astype(np.int8), Termination.CONVERGED)


class Moody(Backend):
    """Answers when the environment says that it is well."""

    name, accepts = "moody", (Binary,)

    def solve(self, view, budget, rng):
        if os.environ.get("QMECTK_TEST_MOOD") != "good":
            raise RuntimeError("not today")
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Compiler(Backend):
    """Prepares for a tenth of a second, in nested pieces, and solves half as long."""

    name, accepts = "compiler", (Binary,)

    def solve(self, view, budget, rng):
        with budget.compiling():
            time.sleep(0.05)
            with budget.share(2).compiling():
                time.sleep(0.05)
        time.sleep(0.05)
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Slow(Backend):
    """Takes a moment, so that there is something to interrupt."""

    name, accepts = "slow", (Binary,)

    def solve(self, view, budget, rng):
        time.sleep(0.02)
        return Reply(rng.integers(0, 2, view.n).astype(np.int8), Termination.CONVERGED)


class Chance(Backend):
    """Dies in 10 % of its runs and hangs in 5 %, the same ones every time."""

    name, accepts = "chance", (Binary,)

    def solve(self, view, budget, rng):
        luck = rng.random()
        if luck < 0.10:
            os.kill(os.getpid(), signal.SIGKILL if luck < 0.05 else signal.SIGSEGV)
        if luck < 0.15:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        return Reply(rng.integers(0, 2, view.n).astype(np.int8), Termination.CONVERGED)


class Bad(Backend):
    """Misbehaves as its option says."""

    name, accepts = "bad", (Binary,)

    @dataclass(frozen=True)
    class Options:
        how: str = option("raise", "how")

    def solve(self, view, budget, rng):  # noqa: C901 - a list of misbehaviours
        how = self.options.how
        if how == "raise":
            raise RuntimeError("the kettle is on fire")
        if how == "exit":
            sys.exit(7)
        if how == "die":
            os._exit(9)
        if how == "exit 0":
            os._exit(0)
        if how == "abort":
            os.abort()
        if how == "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        if how == "close all":
            os.closerange(3, 200)
        if how == "twice":
            os.fork()
        if how == "gone":  # the copy goes on where nobody waits for it
            if os.fork():
                os._exit(4)
            time.sleep(0.3)
        if how == "no alarm":
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(1000)
        if how == "interrupt":
            raise KeyboardInterrupt("nobody pressed it")
        if how == "cancelled":
            import asyncio

            raise asyncio.CancelledError("the loop was stopped")
        if how == "incumbent":
            budget.incumbent("x")
        if how == "bound":
            budget.incumbent(1.0, bound="y")
        if how == "tell and hang":
            budget.incumbent(point=np.zeros(view.n, np.int8))
            time.sleep(1000)
        if how == "segv":
            os.kill(os.getpid(), signal.SIGSEGV)
        if how == "hang":
            time.sleep(1000)
        if how == "memory":
            hoard = []
            while True:
                hoard.append(np.empty(4_000_000))
        if how == "bad_alloc":
            import ctypes

            ctypes.CDLL("libstdc++.so.6")._Znwm(ctypes.c_size_t(1 << 40))  # operator new throws, nobody catches
        if how == "print":
            print("a banner from python")
            os.write(1, b"a banner from C\n")
            os.write(2, b"and a complaint\n")
        if how == "print and die":
            print("last words", flush=True)
            os._exit(9)
        if how == "surrogate":
            raise RuntimeError("no file \ud800")
        if how == "no stdout":
            sys.stdout = sys.stderr = None
        if how == "closed":
            os.close(1)
            os.close(2)
        if how == "kill the group":
            os.killpg(0, signal.SIGTERM)
        if how == "short event":
            budget.incumbent(point=np.zeros(3))
        if how == "short point":
            return Reply(np.zeros(3, np.int8), Termination.CONVERGED)
        if how == "text point":
            return Reply("1101", Termination.CONVERGED)
        if how == "nonsense":
            return 42
        if how == "threads":
            from threadpoolctl import threadpool_info

            counts = [pool["num_threads"] for pool in threadpool_info()]
            loaded = sorted({"pandas", "scipy.stats", "torch"} & sys.modules.keys())
            info = {"most": max(counts, default=0), "loaded": loaded}
            return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED, info=info)
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Stuck(Backend):
    """Never gets beyond its constructor."""

    name, accepts = "stuck", (Binary,)

    def __init__(self, options=None):
        time.sleep(1000)

    def solve(self, view, budget, rng):
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Cold(Backend):
    """Hangs when it is given as little as a warm-up."""

    name, accepts = "cold", (Binary,)

    def solve(self, view, budget, rng):
        if budget.limit < 0.3:
            time.sleep(1000)
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)


class Pupil(LearnedBackend):
    """Takes a while to learn nothing, and does not keep it."""

    name, accepts = "pupil", (Binary,)

    def train(self, stream, fingerprint, budget, rng):
        if os.environ.get("QMECTK_TEST_MOOD") == "bad":
            raise RuntimeError("not today")
        time.sleep(0.2)
        return {"training_seconds": 123.0, "frames": len(stream())}

    def solve(self, view, budget, rng):
        return Reply(np.zeros(view.n, np.int8), Termination.CONVERGED)
