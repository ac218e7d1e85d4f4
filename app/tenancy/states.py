"""The federal entities by INEGI's key, as people call them; 00 is the federation."""

from app.tenancy.queries import TenantView

STATES = {
    f"{key:02}": name
    for key, name in enumerate((
        "Federación", "Aguascalientes", "Baja California", "Baja California Sur", "Campeche", "Coahuila", "Colima",
        "Chiapas", "Chihuahua", "Ciudad de México", "Durango", "Guanajuato", "Guerrero", "Hidalgo", "Jalisco",
        "Estado de México", "Michoacán", "Morelos", "Nayarit", "Nuevo León", "Oaxaca", "Puebla", "Querétaro",
        "Quintana Roo", "San Luis Potosí", "Sinaloa", "Sonora", "Tabasco", "Tamaulipas", "Tlaxcala", "Veracruz",
        "Yucatán", "Zacatecas",
    ))
}  # fmt: skip


def state_of(view: TenantView) -> str:
    """Return the name of a tenant's state; its own where the key is none of INEGI's."""
    return STATES.get(view.state_code, view.known_as)
