"""The server's modules: which run, and which can be loaded, unloaded and reloaded.

The table names modules that an ARI server has; loading one changes nothing but the list.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

__all__ = ["Modules", "Outcome"]

Outcome: TypeAlias = Literal["done", "unknown", "loaded", "declined", "in use", "fixed"]
"""What came of it. fixed: the module does not support reloading."""

# Modules that others use: they cannot be unloaded.
USED = """
    app_chanspy app_confbridge bridge_builtin_features func_cdr res_ari res_ari_model
    res_http_websocket res_pjsip res_pjsip_session res_sorcery_config res_sorcery_memory
    res_stasis res_stasis_answer res_stasis_device_state res_stasis_playback res_stasis_recording
    res_stasis_snoop
"""
FREE = """
    app_dial app_echo app_milliwatt app_mixmonitor app_originate app_playback app_playtones
    app_read app_record app_senddtmf app_stack app_stasis app_userevent app_verbose app_voicemail
    app_while bridge_holding bridge_native_rtp bridge_simple bridge_softmix chan_bridge_media
    chan_pjsip chan_rtp codec_alaw codec_g722 codec_gsm codec_resample codec_ulaw format_gsm
    format_pcm format_sln format_wav func_callerid func_channel func_cut func_db func_logic
    func_math func_shell func_strings func_timeout pbx_config res_ari_applications
    res_ari_asterisk res_ari_bridges res_ari_channels res_ari_device_states res_ari_endpoints
    res_ari_events res_ari_mailboxes res_ari_playbacks res_ari_recordings res_ari_sounds
    res_musiconhold res_pjsip_caller_id res_pjsip_messaging res_pjsip_refer res_pjsip_registrar
    res_pjsip_sdp_rtp res_rtp_asterisk res_timing_timerfd
"""
# Those that read a file again when they are reloaded.
RELOADABLE = """
    app_confbridge app_playback app_voicemail func_cdr pbx_config res_ari res_http_websocket
    res_musiconhold res_pjsip res_rtp_asterisk
"""
SUFFIX = ".so"


class Modules:
    """All modules by name, without `.so`. running: those that are loaded."""

    def __init__(self) -> None:
        self._used = set(USED.split())
        self._known = self._used | set(FREE.split())
        self._reloadable = set(RELOADABLE.split())
        self.running = set(self._known)

    def json(self, name: str) -> dict[str, Any] | None:
        """A running module, as ARI's model Module; None when it does not run."""
        plain = name.removesuffix(SUFFIX)
        if plain not in self.running:
            return None
        return {
            "name": plain + SUFFIX,
            "description": f"{plain}, simulated",
            "use_count": int(plain in self._used),
            "status": "Running",
            "support_level": "core",
        }

    def load(self, name: str) -> Outcome:
        """Load one."""
        plain = name.removesuffix(SUFFIX)
        if plain in self.running:
            return "loaded"
        if plain not in self._known:
            return "declined"
        self.running.add(plain)
        return "done"

    def unload(self, name: str) -> Outcome:
        """Unload one."""
        plain = name.removesuffix(SUFFIX)
        if plain not in self.running:
            return "unknown"
        if plain in self._used:
            return "in use"
        self.running.remove(plain)
        return "done"

    def reload(self, name: str) -> Outcome:
        """Have one read its configuration again."""
        plain = name.removesuffix(SUFFIX)
        if plain not in self.running:
            return "unknown"
        return "done" if plain in self._reloadable else "fixed"
