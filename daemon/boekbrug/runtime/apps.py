"""Our registrations at vendors, with the plugin class that each is for."""

from collections.abc import Mapping

from boekbrug.contract import App, Authorises, Fault, SettingsError, Source, Target
from boekbrug.runtime.plugins import PluginHost
from boekbrug.runtime.settings import AppRegistration, Settings

CALLBACK = "callback"
"""The step at which a person comes back from the vendor."""


class Apps:
    """The apps of boekbrug.toml; their secrets are read when they are used."""

    def __init__(self, settings: Settings, plugins: PluginHost) -> None:
        self._public_url = settings.service.public_url
        self._registered = {registration.name: registration for registration in settings.app}
        self._classes: Mapping[str, type[Source] | type[Target]] = {**plugins.targets, **plugins.sources}

    def names(self, plugin: str) -> list[str]:
        """Name the apps that are registered for a plugin."""
        return [name for name, registration in self._registered.items() if registration.plugin == plugin]

    def plugin(self, name: str) -> str:
        """Name the plugin that an app is for; raise SettingsError."""
        return self._registration(name).plugin

    def app(self, name: str) -> App:
        """Return an app with its secret; raise SettingsError."""
        registration = self._registration(name)
        public = self._public_url
        return App(
            name=name,
            client_id=registration.client_id,
            client_secret=_secret(registration),
            redirect_uri=registration.redirect or f"{public}/connect/{registration.plugin}/{name}/{CALLBACK}",
            public_url=public,
            settings=registration.settings,
        )

    def authorises(self, name: str) -> type[Authorises]:
        """Return the plugin class that authorises with an app; raise SettingsError."""
        plugin = self.plugin(name)
        found = self._classes.get(plugin)
        if found is None:
            raise SettingsError(
                [Fault("", "app {name} is for plugin {plugin}, which is not installed", name=name, plugin=plugin)]
            )
        if not issubclass(found, Authorises):
            raise SettingsError(
                [Fault("", "app {app} is for plugin {plugin}, which needs no app; remove it", app=name, plugin=plugin)]
            )
        return found

    def _registration(self, name: str) -> AppRegistration:
        if name not in self._registered:
            raise SettingsError(
                [Fault("", "app {name} is not in boekbrug.toml; add an [[app]] of that name", name=name)]
            )
        return self._registered[name]


def _secret(registration: AppRegistration) -> str:
    path = registration.client_secret_file
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        fault = Fault(
            "", "the client secret of app {name} cannot be read from {file}: {reason}",
            name=registration.name, file=path, reason=error,
        )  # fmt: skip
        raise SettingsError([fault]) from error
