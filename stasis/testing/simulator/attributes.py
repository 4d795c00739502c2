"""What objects of the dynamic configuration are made of: each type's attributes and defaults.

A name with `+` came after version 16; `~` stands for a default with spaces in it.
"""

from __future__ import annotations

__all__ = ["defaults"]

AUTH = """
    auth_type=userpass md5_cred nonce_lifetime=32 +oauth_clientid +oauth_secret password
    +password_digest realm +refresh_token +supported_algorithms_uac=MD5
    +supported_algorithms_uas=MD5 username
"""
AOR = """
    authenticate_qualify=false contact default_expiration=3600 mailboxes max_contacts=0
    maximum_expiration=7200 minimum_expiration=60 outbound_proxy +qualify_2xx_only=false
    qualify_frequency=0 qualify_timeout=3.000000 remove_existing=false remove_unavailable=false
    support_path=false voicemail_extension
"""
ENDPOINT = """
    100rel=yes accept_multiple_sdp_answers=false accountcode acl aggregate_mwi=true
    allow=(nothing) allow_overlap=true allow_subscribe=true allow_transfer=true
    allow_unauthenticated_options=false aors asymmetric_rtp_codec=false auth
    bind_rtp_to_media_address=false bundle=false call_group callerid=<unknown>
    callerid_privacy=allowed_not_screened callerid_tag +codec_prefs_incoming_answer=~
    +codec_prefs_incoming_offer=~ +codec_prefs_outgoing_answer=~ +codec_prefs_outgoing_offer=~
    connected_line_method=invite contact_acl context=default cos_audio=0 cos_video=0
    device_state_busy_at=0 direct_media=true direct_media_glare_mitigation=none
    direct_media_method=invite disable_direct_media_on_nat=false dtls_auto_generate_cert=No
    dtls_ca_file dtls_ca_path dtls_cert_file dtls_cipher dtls_fingerprint=SHA-256
    dtls_private_key dtls_rekey=0 dtls_setup=active dtls_verify=No dtmf_mode=rfc4733
    fax_detect=false fax_detect_timeout=0 follow_early_media_fork=true +follow_redirect_methods
    force_avp=false force_rport=true from_domain from_user g726_non_standard=false
    geoloc_incoming_call_profile geoloc_outgoing_call_profile ice_support=false
    identify_by=username,ip ignore_183_without_sdp=false inband_progress=false
    +incoming_call_offer_pref=local incoming_mwi_mailbox language mailboxes max_audio_streams=1
    max_video_streams=1 media_address media_encryption=no media_encryption_optimistic=false
    media_use_received_transport=false message_context moh_passthrough=false moh_suggest=default
    mwi_from_user mwi_subscribe_replaces_unsolicited=no named_call_group named_pickup_group
    notify_early_inuse_ringing=false one_touch_recording=false outbound_auth outbound_proxy
    +outgoing_call_offer_pref=remote_merge +overlap_context pickup_group
    preferred_codec_only=false record_off_feature=automixmon record_on_feature=automixmon
    +redirect_method=user refer_blind_progress=true rewrite_contact=false rpid_immediate=false
    rtcp_mux=false rtp_engine=asterisk rtp_ipv6=false rtp_keepalive=0 +rtp_port_end=0
    +rtp_port_start=0 rtp_symmetric=false rtp_timeout=0 rtp_timeout_hold=0 sdp_owner=-
    sdp_session=Asterisk +security_negotiation=no +send_aoc=false send_connected_line=yes
    send_diversion=true send_history_info=false send_pai=false send_rpid=false set_var
    srtp_tag_32=false stir_shaken=no stir_shaken_profile sub_min_expiry=0 subscribe_context
    +suppress_moh_on_sendonly=false suppress_q850_reason_headers=false
    t38_bind_udptl_to_media_address=false t38_udptl=false t38_udptl_ec=none t38_udptl_ipv6=false
    t38_udptl_maxdatagram=0 t38_udptl_nat=false +tenantid timers=yes timers_min_se=90
    timers_sess_expires=1800 tone_zone tos_audio=0 tos_video=0 transport
    trust_connected_line=yes trust_id_inbound=false trust_id_outbound=false use_avpf=false
    use_ptime=false user_eq_phone=false voicemail_extension webrtc=no
"""
TABLES = {"auth": AUTH, "aor": AOR, "endpoint": ENDPOINT}
SPACED = "prefer:pending, operation:{}, keep:all, transcode:allow"


def defaults(kind: str, *, late: bool) -> dict[str, str]:
    """The attributes of a new object of a type, by name. late: also those that 16 does not have."""
    found: dict[str, str] = {}
    for word in TABLES[kind].split():
        if word.startswith("+") and not late:
            continue
        name, _, value = word.removeprefix("+").partition("=")
        if value == "~":
            value = SPACED.format("union" if name == "codec_prefs_outgoing_offer" else "intersect")
        found[name] = value
    return found
