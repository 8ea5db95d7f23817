"""How numba compiles functions that only compiled functions call: as a part of what Python calls.

Numba optimises every function together with all that it calls and makes machine code of it, and does the same again
for each of its callers, into which it is compiled. Nothing asks for the machine code of an inner function. So it is
optimised alone, and machine code is made when a function that Python calls is complete: where calls are nested deeply,
this takes half the time.
"""

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler


class Inner(JITCodeLibrary):  # type: ignore[misc]  # numba is untyped here
    """Code that is linked with what it calls, and is not made machine code."""

    def finalize(self) -> None:
        """Optimise it, link it, and have a place for its environment, whose address numba asks for then."""
        self._raise_if_finalized()
        self._optimize_final_module()
        module = self._final_module
        for library in dict.fromkeys(self._linking_libraries):
            self._reload_init.update(library._reload_init)
            module.link_in(library._get_module_for_linking(), preserve=True)
        places = [one.name for one in module.global_variables if one.linkage == llvm.Linkage.common]
        text = "\n".join(f'@"{name}" = common global ptr null' for name in places)
        made = llvm.parse_assembly(f'target triple = "{module.triple}"\n{text}\n')
        made.data_layout = str(module.data_layout)
        self._codegen._add_module(made)
        self._finalized = True


class InnerCompiler(Compiler):  # type: ignore[misc]  # numba is untyped here
    """Compiles functions that only compiled functions call."""

    def define_pipelines(self) -> Any:
        """Those of numba, on a library of ours."""
        self.state.library = Inner(self.state.targetctx.codegen(), self.state.func_id.func_qualname)
        return super().define_pipelines()
