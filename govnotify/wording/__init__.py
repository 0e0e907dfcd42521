"""Translations of the interface: what developers run to collect messages and to compile what translators wrote."""
